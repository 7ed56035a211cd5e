/* An empty driver: all its symbols are those of the library that it is linked with. */
