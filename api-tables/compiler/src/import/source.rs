//! What a preprocessor leaves of headers, taken apart: their own lines, those of others, and their macros.

use indexmap::IndexMap;

/// What a C compiler is to preprocess with. Its macros are kept for their numbers. Attributes say nothing about a draft, and
/// the grammar does not take them everywhere that gcc does.
pub const FLAGS: &[&str] = &["-E", "-dD", "-D__attribute__(x)=", "-D__extension__="];

/// A preprocessor's output.
#[derive(Debug, Default)]
pub struct Source {
    /// The lines of the headers that a draft is of, by their paths, each line at the number that it has in its file.
    pub own: IndexMap<String, String>,
    /// The lines of all others.
    pub others: String,
    /// The macros without parameters that the headers define, and what they stand for.
    pub macros: IndexMap<String, String>,
}

impl Source {
    /// Takes the output apart by its line markers (`# 12 "/usr/include/CL/cl.h" 1 3`). `headers` are the ends of the paths
    /// of the headers that a draft is of.
    pub fn of(output: &str, headers: &[String]) -> Self {
        let mut source = Self::default();
        let mut lines: IndexMap<String, Vec<String>> = IndexMap::new();
        let mut inside: Option<String> = None;
        for line in output.lines() {
            if let Some((number, file)) = marker(line) {
                inside = headers.iter().any(|header| is_end(file, header)).then(|| file.to_owned());
                if let Some(file) = &inside {
                    // The last line is being written.
                    let lines = lines.entry(file.clone()).or_insert_with(|| vec![String::new()]);
                    if number > lines.len() {
                        lines.resize(number, String::new());
                    } else if number + 1 == lines.len() {
                        // Markers stand within a line around what another header's macro has become.
                        lines.pop();
                    }
                }
                continue;
            }
            let directive = line.strip_prefix('#');
            match inside.as_ref().and_then(|file| lines.get_mut(file)) {
                Some(lines) => {
                    match directive {
                        Some(directive) => source.directive(directive),
                        None => lines.last_mut().expect("there is one").push_str(line),
                    }
                    lines.push(String::new());
                }
                None if directive.is_none() => {
                    source.others.push_str(line);
                    source.others.push('\n');
                }
                None => {}
            }
        }
        source.own = lines.into_iter().map(|(file, lines)| (file, lines.join("\n"))).collect();
        source
    }

    fn directive(&mut self, directive: &str) {
        if let Some(definition) = directive.strip_prefix("define ") {
            let (name, body) = definition.split_once(' ').unwrap_or((definition, ""));
            if !name.contains('(') {
                self.macros.insert(name.to_owned(), body.trim().to_owned());
            }
        } else if let Some(name) = directive.strip_prefix("undef ") {
            self.macros.shift_remove(name.trim());
        }
    }
}

/// The line and the file that a line marker tells.
fn marker(line: &str) -> Option<(usize, &str)> {
    let (number, rest) = line.strip_prefix("# ")?.split_once(" \"")?;
    Some((number.parse().ok()?, rest.split('"').next()?))
}

/// Whether a path ends with these parts.
fn is_end(file: &str, header: &str) -> bool {
    file.strip_suffix(header).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(output: &str, header: &str) -> Vec<String> {
        Source::of(output, &[header.to_owned()]).own.into_values().collect()
    }

    #[test]
    fn lines_of_a_header_keep_their_numbers() {
        let output = "# 1 \"a.c\"\nint a;\n# 1 \"/usr/include/CL/cl.h\" 1 3\nint b;\n# 2 \"a.c\" 2\nint c;\n";
        assert_eq!(own(output, "CL/cl.h"), ["int b;\n"]);
        assert_eq!(Source::of(output, &["CL/cl.h".into()]).others, "int a;\nint c;\n");
        assert_eq!(own(output, "L/cl.h"), [""; 0]);
        let output = "# 3 \"a.h\" 1\nint a =\n# 3 \"a.h\" 3 4\n  0\n# 3 \"a.h\"\n   ;\nint b;\n";
        assert_eq!(own(output, "a.h"), ["\n\nint a =  0   ;\nint b;\n"]);
    }

    #[test]
    fn macros_of_a_header_are_kept() {
        let output = "# 1 \"b.h\"\n#define B 1\n# 1 \"a.h\" 1\n#define A_H \n#define A ((T) 1)\n#define f(x) x\nint a;\n\
                      #define GONE 2\n#undef GONE\n";
        let source = Source::of(output, &["a.h".into()]);
        let macros: Vec<_> = source.macros.iter().map(|(name, body)| (name.as_str(), body.as_str())).collect();
        assert_eq!(macros, [("A_H", ""), ("A", "((T) 1)")]);
        assert_eq!(source.own["a.h"], "\n\n\nint a;\n\n\n");
    }
}
