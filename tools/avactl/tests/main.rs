//! avactl as a program, with a real broker and its fake worker.

mod suite {
    mod help;
    mod installation;
    mod policy;
    mod run;
    mod usage;
    mod verbs;

    #[test]
    fn no_file_is_forgotten() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite");
        let text = include_str!("main.rs");
        for entry in std::fs::read_dir(directory).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let module = name.strip_suffix(".rs").unwrap_or(&name);
            assert!(text.contains(&format!("    mod {module};\n")), "{name} is not a module of main.rs");
        }
    }
}
