//! What names say: the words in them, how a count is called, what makes an object.

/// The words of a name, in lower case: `pulDataLen` is `pul data len`, `num_events_in_wait_list` five words.
pub fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut before, mut rest) = ('_', name.chars().peekable());
    while let Some(c) = rest.next() {
        if c != '_' {
            let ends_acronym = before.is_uppercase() && rest.peek().is_some_and(|next| next.is_lowercase());
            if before == '_' || (c.is_uppercase() && (!before.is_uppercase() || ends_acronym)) {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(c.to_lowercase());
            }
        }
        before = c;
    }
    words
}

/// Whether memory holds a length for each of several texts or arrays.
pub fn is_lengths(name: &str) -> bool {
    words(name).last().is_some_and(|last| last == "lengths" || last == "sizes")
}

/// What stands before a name to say its type.
const PREFIXES: &[&str] = &["p", "pp", "ph", "h", "ul", "pul"];
/// What says of a number how many of something there are.
const COUNTS: &[&str] = &["num", "n", "number", "count", "entries", "dim", "len", "length"];
/// What says how many bytes.
const SIZES: &[&str] = &["size", "bytes", "nbytes", "bytesize", "cb", "len", "length", "count"];
/// What tells nothing from anything else.
const GENERIC: &[&str] =
    &["in", "out", "ret", "the", "of", "max", "byte", "bytes", "element", "elements", "work", "total"];
/// What makes no difference between two names, unless it is all that there is.
const NOISE: &[&str] = &["list", "array", "ptr", "value", "values", "data", "buffer", "buf", "host"];

/// What a parameter is about, without what says how many.
#[derive(Debug, PartialEq, Eq)]
pub struct Count {
    /// The words that it has in common with what it counts; none if it may count anything.
    pub of: String,
    /// It may say how many bytes there are.
    pub is_size: bool,
    /// It may say how many elements there are.
    pub is_count: bool,
}

/// What a number counts, if its name says that it counts.
pub fn count(name: &str) -> Option<Count> {
    let words = words(name);
    let is = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let (is_size, is_count) = (is(SIZES), is(COUNTS));
    let counting = |word: &&String| COUNTS.contains(&word.as_str()) || SIZES.contains(&word.as_str());
    let of = stem(words.iter().filter(|word| !counting(word)));
    (is_size || is_count).then_some(Count { of, is_size, is_count })
}

/// What memory is about, to be compared with what is counted.
pub fn counted(name: &str) -> String {
    let words = words(name);
    stem(words.iter())
}

/// The words that tell a name from others, in the singular.
fn stem<'a>(words: impl Iterator<Item = &'a String> + Clone) -> String {
    let singular = |word: &String| word.strip_suffix('s').unwrap_or(word).to_owned();
    let kept = |without: &[&[&str]]| {
        let telling = |word: &&String| !without.iter().any(|list| list.contains(&word.as_str()));
        words.clone().filter(telling).map(singular).collect::<Vec<_>>().join(" ")
    };
    let short = kept(&[PREFIXES, GENERIC, NOISE]);
    if short.is_empty() { kept(&[PREFIXES, GENERIC]) } else { short }
}

/// Words of functions whose handles that come out are new. An enqueued command has a new event, but its data need not go in.
const ENQUEUE: &str = "enqueue";
const MAKING: &[&str] = &[
    "add",
    "alloc",
    "allocate",
    "clone",
    "compile",
    "create",
    ENQUEUE,
    "import",
    "instantiate",
    "link",
    "load",
    "make",
    "new",
    "open",
    "reserve",
];
const RELEASING: &[&str] = &["close", "delete", "destroy", "free", "release", "unload"];

pub fn makes(function: &str) -> bool {
    has(function, MAKING)
}

/// Whether memory may be data of what a function makes.
pub fn takes_data(function: &str) -> bool {
    makes(function) && !has(function, &[ENQUEUE])
}

pub fn releases(function: &str) -> bool {
    has(function, RELEASING)
}

pub fn retains(function: &str) -> bool {
    has(function, &["retain"])
}

/// Whether a function only tells something.
pub fn asks(function: &str) -> bool {
    has(function, &["get", "query"])
}

fn has(function: &str, list: &[&str]) -> bool {
    words(function).iter().any(|word| list.contains(&word.as_str()))
}

/// The version at the end of a function's name: 2 of `cuCtxDestroy_v2`.
pub fn version(function: &str) -> u32 {
    let last = function.rsplit('_').find_map(|word| word.strip_prefix('v')?.parse().ok());
    last.unwrap_or(1)
}

/// The pointer that a callback of the same function gets back.
pub fn is_user_data(name: &str) -> bool {
    let words = words(name).concat();
    matches!(words.as_str(), "userdata" | "puserdata" | "data" | "arg" | "context" | "opaque" | "userptr")
}

/// `EventWaitList` of `event_wait_list`.
pub fn camel(name: &str) -> String {
    let upper = |word: &String| word[..1].to_uppercase() + &word[1..];
    words(name).iter().map(upper).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words() {
        for (name, expected) in [
            ("pulDataLen", "pul data len"),
            ("num_events_in_wait_list", "num events in wait list"),
            ("ByteCount", "byte count"),
            ("cuMemcpyHtoD_v2", "cu memcpy hto d v2"),
            ("clCreateProgramWithIL", "cl create program with il"),
            ("cuArray3DCreate", "cu array3 d create"),
            ("pciBusID", "pci bus id"),
            ("_x", "x"),
        ] {
            assert_eq!(words(name).join(" "), expected);
        }
        assert_eq!(camel("event_wait_list"), "EventWaitList");
    }

    #[test]
    fn counts_are_of_what_they_name() {
        for (number, memory) in [
            ("num_events_in_wait_list", "event_wait_list"),
            ("num_devices", "device_list"),
            ("num_devices_ret", "out_devices"),
            ("param_value_size_ret", "param_value"),
            ("ulDataLen", "pData"),
            ("model_size", "model_data"),
            ("pulEncryptedPartLen", "pEncryptedPart"),
            ("numOptions", "options"),
            ("arg_size", "arg_value"),
            ("max_object_count", "object"),
        ] {
            assert_eq!(count(number).expect("a count").of, counted(memory), "{number} of {memory}");
        }
        for any in ["ByteCount", "bytesize", "count", "size", "work_dim", "num_entries", "pulCount", "len"] {
            assert_eq!(count(any).expect("a count").of, "", "{any}");
        }
        for none in ["flags", "device", "sizes", "pNumber1"] {
            assert_eq!(count(none), None, "{none}");
        }
    }

    #[test]
    fn functions_that_make_objects_say_so() {
        assert!(makes("cuMemAllocHost_v2") && makes("clCreateContext") && makes("cuModuleLoadDataEx"));
        assert!(!makes("cuCtxGetCurrent") && !makes("cuMemcpyDtoH_v2") && !makes("cuDeviceGetCount"));
        assert!(releases("cuEventDestroy_v2") && !takes_data("clEnqueueReadBuffer"));
        assert!(retains("clRetainContext") && asks("cuDeviceGetCount"));
        assert_eq!(["cuCtxDestroy", "cuCtxDestroy_v2", "cuLaunch_v12_ptsz"].map(version), [1, 2, 12]);
    }
}
