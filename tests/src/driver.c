/* Nothing of its own: all that is looked for in it is found in the library that it is linked with. */
