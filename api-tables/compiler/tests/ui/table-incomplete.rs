type toy_flags = u32;
