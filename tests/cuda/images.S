/* Images of kernels.cu, as arrays that end with NUL. */
    .section .rodata
    .global kernels_ptx, kernels_fatbin, kernels_fatbin_end, kernels_11_0

    .balign 16
kernels_ptx:
    .incbin "kernels.ptx"
    .byte 0

    .balign 16
kernels_fatbin:
    .incbin "kernels.fatbin"
kernels_fatbin_end:
    .byte 0

    .balign 16
kernels_11_0:
    .incbin "kernels.cubin"
    .byte 0

    .section .note.GNU-stack, "", @progbits
