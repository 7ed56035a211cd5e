/* A hostile external delegate for TensorFlow Lite: it attacks when it is created, and creates none. */
#include "attack.h"

void *tflite_plugin_create_delegate(char **keys, char **values, size_t count, void (*report)(const char *))
{
    (void)keys, (void)values, (void)count, (void)report;
    attack_from_here();
    return NULL;
}

void tflite_plugin_destroy_delegate(void *delegate)
{
    (void)delegate;
}
