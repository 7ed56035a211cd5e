/* Structures that programs hand to kernels by value. */
#ifndef KERNELS_H
#define KERNELS_H

struct mixed {
    char byte;
    double real;
    short half;
};

struct odd {
    char bytes[3];
};

/* With a pointer behind it, 4,096 bytes of parameters: the limit of every device. */
struct four_k {
    int at[1022];
};

/* More than that, which devices from 7.0 on take. */
struct eight_k {
    int at[2048];
};

#endif
