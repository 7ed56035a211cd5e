use super::*;

use ava_protocol::sandbox::{Configuration, Needs};

const READ: &[Place] = &[Place::Variable("TOY_CONF")];
const WRITE: &[Place] = &[Place::Setting(&Place::Variable("TOY_CONF"), "store")];
const TOY: Api = Api {
    environment: &["TOY_*"],
    sandbox: Needs { read: READ, write: WRITE, ..Needs::NONE },
    configurations: &[Configuration { variable: "TOY_CONF", file: "toy.conf", home: Some(".toy/conf"), text: "" }],
    ..Api::empty()
};

fn with(variables: &[(&str, &Path)]) -> Surroundings {
    let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    of(&TOY, variables, None, |path| path.ends_with("ours/libava.so")).unwrap()
}

fn names(surroundings: &Surroundings) -> Vec<&str> {
    surroundings.variables.iter().map(|(name, _)| name.as_str()).collect()
}

fn value(surroundings: &Surroundings, name: &str) -> Option<String> {
    surroundings.variable(name).map(|value| String::from_utf8(value.to_vec()).unwrap())
}

#[test]
fn what_is_listed_counts_and_nothing_else() {
    let path = Path::new("/nowhere");
    let found = with(&[("TOY_B", path), ("LD_PRELOAD", path), ("PATH", path), ("TOY_A", path), ("AVA_PLUGINS", path)]);
    assert_eq!(names(&found), ["AVA_PLUGINS", "TOY_A", "TOY_B"]);
    assert!(found.is_sane(&TOY));
    assert_eq!(names(&with(&[("TOY_A", Path::new("first")), ("TOY_A", Path::new("second"))])), ["TOY_A"]);
}

#[test]
fn what_leads_to_ava_is_no_matter_of_the_vendors() {
    let folder = tempfile::tempdir().unwrap();
    let registration = folder.path().join("ava.icd");
    std::fs::write(&registration, "/x/ours/libava.so\n").unwrap();
    let all = [("TOY_A", Path::new("/x/ours/libava.so")), ("TOY_B", &registration), ("TOY_C", folder.path())];
    assert!(names(&with(&all)).is_empty());
    assert_eq!(with(&all).inherited, ["TOY_A", "TOY_B", "TOY_C"]);
    let path = Path::new("/x/ours:/opt/lib:relative:/home/u:/home:/:/home/u/lib");
    let found = with(&[("LD_LIBRARY_PATH", path), ("HOME", Path::new("/home/u"))]);
    assert_eq!(value(&found, "LD_LIBRARY_PATH").unwrap(), "/opt/lib:/home/u/lib");
    assert!(names(&with(&[("LD_LIBRARY_PATH", Path::new("/x/ours"))])).is_empty());
}

#[test]
fn a_file_in_the_home_counts_unless_a_variable_names_another() {
    let home = tempfile::tempdir().unwrap();
    let of_home = |found: &Surroundings| value(found, "TOY_CONF");
    assert_eq!(of_home(&with(&[("HOME", home.path())])), None);
    std::fs::create_dir(home.path().join(".toy")).unwrap();
    std::fs::write(home.path().join(".toy/conf"), "").unwrap();
    let expected = home.path().join(".toy/conf").display().to_string();
    assert_eq!(of_home(&with(&[("HOME", home.path())])), Some(expected));
    let named = with(&[("HOME", home.path()), ("TOY_CONF", Path::new("/etc/toy"))]);
    assert_eq!(of_home(&named), Some("/etc/toy".into()));
}

#[test]
fn the_working_directory_counts_where_a_path_is_relative() {
    let folder = tempfile::tempdir().unwrap();
    let conf = folder.path().join("conf");
    std::fs::write(&conf, "store = /var/store\n").unwrap();
    assert!(with(&[("TOY_CONF", &conf)]).directory.is_empty());
    let here = std::env::current_dir().unwrap().into_os_string().into_vec();
    assert_eq!(with(&[("TOY_CONF", Path::new("./conf"))]).directory, here);
    std::fs::write(&conf, "store = store\n").unwrap();
    assert_eq!(with(&[("TOY_CONF", &conf)]).directory, here, "a setting is a path, too");
    assert!(with(&[("TOY_OTHER", Path::new("./conf"))]).directory.is_empty(), "no place");
    let plugins = with(&[("AVA_PLUGINS", Path::new("x.so"))]);
    assert!(Path::new(&value(&plugins, "AVA_PLUGINS").unwrap()).is_absolute());
}

#[test]
fn places_that_were_made_anew_are_others() {
    let folder = tempfile::tempdir().unwrap();
    let (conf, store) = (folder.path().join("conf"), folder.path().join("store"));
    let mark = || with(&[("TOY_CONF", &conf)]).mark;
    std::fs::write(&conf, format!("store = {}\n", store.display())).unwrap();
    let before = mark();
    std::fs::create_dir(&store).unwrap();
    let made = mark();
    assert_ne!(before, made);
    std::fs::write(store.join("token"), "").unwrap();
    assert_eq!(mark(), made, "what is in it is the vendor's");
    // Beside the first, so that it has another number.
    std::fs::rename(&store, folder.path().join("old")).unwrap();
    std::fs::create_dir(&store).unwrap();
    assert_ne!(mark(), made);
    let before = mark();
    std::fs::write(&conf, format!("store = {}\nlog = ERROR\n", store.display())).unwrap();
    assert_ne!(mark(), before);
}

#[test]
fn too_much_is_said() {
    let long = "x".repeat(MOST_BYTES + 1);
    let all = [("TOY_A".into(), long.into())].into_iter();
    let said = of(&TOY, all, None, |_| false).unwrap_err();
    assert!(said.contains("TOY_A alone has 24577"), "{said}");
}
