//! The broker with a fake worker, over real sockets. (With the real one it is tested in the `tests` crate.)

mod suite {
    mod admin;
    mod bad_input;
    mod descriptors;
    mod help;
    mod ledger;
    mod lifecycle;
    mod place;
    mod policy;
    mod queue;
    mod spares;
    mod surroundings;
    mod units;
    mod world;

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
