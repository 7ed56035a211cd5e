//! Prints the plan of a call for people: the object that it is about, whether it is posted and why not, the objects that it
//! makes, its charges, and the offset of each field of its request and reply.

use super::names::wire_scalar;
use crate::model::{Answers, Buffer, Direction, Element, Function, Len, Occupies, Proc, Shape, Step, Submits};
use crate::plan::{
    About, Argument, Begins, Birth, BirthPlace, CallPlan, CallbackLife, Combined, Entry, Events, FieldType, Finds,
    Lifetime, Memory, Miss, Posting, Question, Record, Resident, Server, Success, Transfer, Waits,
};

/// The plan as lines of a comment, `// …`.
pub fn show(call: &CallPlan<'_>) -> String {
    let mut lines = Vec::new();
    head(call, &mut lines);
    if call.crosses {
        lines.push("arguments".to_owned());
        let width = call.arguments.iter().map(|argument| argument.param.name.len()).max().unwrap_or(0);
        for argument in &call.arguments {
            lines.push(format!("  {:width$}  {}", argument.param.name, of_argument(call, argument)));
        }
        record("request", &call.request, &mut lines);
        record("reply", &call.reply, &mut lines);
    }
    comment(&lines)
}

fn asked(question: &Question<'_>) -> String {
    format!("{} by {}", question.function.name, question.key)
}

fn comment(lines: &[String]) -> String {
    lines.iter().map(|line| format!("// {line}\n")).collect()
}

/// How memory objects are made, read and written, as lines of a comment.
pub fn show_memory(memory: &Memory<'_>) -> String {
    let params = |function: &Function, parts: Vec<String>| {
        let parts = function.params.iter().zip(parts).map(|(p, part)| format!("{} is {part}", p.name));
        format!("{}: {}", function.name, parts.collect::<Vec<_>>().join(", "))
    };
    let part = |part: &dyn std::fmt::Debug| format!("{part:?}").to_lowercase();
    let transfer = |t: &Transfer<'_>| params(t.function, t.parts.iter().map(|p| part(p)).collect());
    let created = memory.create.parts.iter().map(|p| part(p)).collect();
    comment(&[
        format!("made     of a {} by {}", memory.create.of, params(memory.create.function, created)),
        format!("read     {}", transfer(&memory.read)),
        format!("written  {}", transfer(&memory.write)),
        format!("release  {}; {} tells when it is destroyed", memory.release.name, memory.destroyed.name),
        format!("size     {}", asked(&memory.size)),
        format!("flags    {}", asked(&memory.flags)),
    ])
}

/// How the worker asks about commands, as lines of a comment.
pub fn show_events(events: &Events<'_>) -> String {
    let unordered = events
        .unordered
        .as_ref()
        .map_or("never".into(), |(question, bits)| format!("where {} has a bit of {bits:#x}", asked(question)));
    let notify = events.notify.map_or("cannot be called back", |notify| &notify.name);
    comment(&[
        format!("status   {}", asked(&events.status)),
        format!("wait     {}, which then returns {}", events.wait.name, events.ok),
        format!("keep     {}, {}", events.retain.name, events.release.name),
        format!("notify   {notify}"),
        format!("queues   complete commands out of order {unordered}"),
    ])
}

fn head(call: &CallPlan<'_>, lines: &mut Vec<String>) {
    lines.push(format!("opcode   {}", call.opcode));
    let (facts, twin_of) = (&call.function.facts, &call.function.twin_of);
    lines.extend(facts.twin.as_ref().map(|twin| format!("twin     {}, which is served by the same code", twin.name)));
    lines.extend(twin_of.as_ref().map(|of| format!("twin     of {of}, by whose code it is served")));
    let found = |proc: &Proc| format!("found    as {} from {} on", proc.name(&call.function.name), proc.since);
    lines.extend(facts.procs.iter().map(found));
    lines.push(format!(
        "entry    {}",
        match call.entry {
            Entry::Refused(refused) => format!("refused with {}: {}", refused.status, refused.why),
            Entry::Same(same) => format!("goes on to {same}"),
            Entry::Array(array) => format!("in the shim: {} of {}", array.does.word(), array.of),
            Entry::Answers(answers) => format!("answers in the shim: {}", answer(answers)),
            Entry::Local => "answers in the shim, by hand".into(),
            Entry::ByHand if call.marshalled => "by hand, generated to fall back on".into(),
            Entry::ByHand => "by hand".into(),
            Entry::Resident(Resident::Created) => "makes the object in shared memory, else generated".into(),
            Entry::Resident(Resident::Read | Resident::Written) => {
                "copies in the program what is in shared memory, else generated".into()
            }
            Entry::Resident(Resident::Shared(whole)) => format!("generated; {} overlaps then", whole.name),
            Entry::Generated => "generated".into(),
        }
    ));
    if !call.crosses {
        return;
    }
    let server = match call.server {
        Server::ByHand { generated: true } => "by hand, generated to fall back on",
        Server::ByHand { generated: false } | Server::None => "by hand",
        Server::Generated => "generated",
    };
    lines.push(format!("server   {server}, of a function that {}", finds(call.finds)));
    lines.push(format!(
        "session  {}",
        match call.begins {
            Begins::Current => "the one that there is",
            Begins::Afresh => "a new one, if the last one is lost",
            Begins::Retaining | Begins::Releasing => "the one that there is; references are counted in the shim",
        }
    ));
    lines.push(format!("about    {}", call.about.map_or("nothing".into(), about)));
    lines.push(format!(
        "success  {}",
        match (call.success, call.errcode) {
            (Success::Always, _) => "nothing tells of a failure".into(),
            (Success::Status { ok, .. }, _) => format!("returns {ok}"),
            (Success::NotNull, None) => "does not return null".into(),
            (Success::NotNull, Some(errcode)) => format!("does not return null; status in {}", errcode.name),
        }
    ));
    lines.push(format!("posted   {}", posted(&call.posting)));
    lines.extend(call.births.iter().map(|birth| format!("makes    {}", made(birth))));
    if let Some(query) = &call.query {
        let key = query.key.map(|key| format!(", by the keys of {} in {}", key.values, key.param.name));
        let cached = query.cached.as_ref().map(|cached| match (cached.unless, cached.after) {
            (Some(unless), _) => format!(", remembered unless {unless}"),
            (_, Some(event)) => format!(", remembered once the command of {} has completed", event.name),
            _ => ", remembered".into(),
        });
        let ahead = call.ahead().map_or("", |_| ", those of other keys come along");
        let (value, size, ret) = (&query.value.name, &query.size.name, &query.size_ret.name);
        lines.push(format!(
            "answers  {value}, {ret} of {size} bytes{}{}{ahead}",
            key.unwrap_or_default(),
            cached.unwrap_or_default()
        ));
    }
    if let Some(recalls) = &call.recalls {
        let places: Vec<&str> = recalls.places.iter().map(|(param, _)| param.name.as_str()).collect();
        let unless = recalls.unless.map(|unless| format!(" unless {unless}")).unwrap_or_default();
        let until = call.function.facts.cached.as_ref().map_or(&[][..], |cached| &cached.until);
        let until = if until.is_empty() { String::new() } else { format!(" until {}", until.join(" or ")) };
        lines.push(format!("answers  {}, remembered{unless}{until}", places.join(", ")));
    }
    lines.extend(call.changes_answers.then(|| "changes  answers that are remembered".into()));
    let facts = &call.function.facts;
    lines.extend(call.polls.as_ref().map(|polls| {
        format!("polls    {} by {}: the program is answered from shared memory", polls.event.name, polls.by)
    }));
    lines.extend(call.asks.as_ref().map(|asks| {
        format!(
            "polls    {} while it returns {}: the program is answered from shared memory",
            asks.object.name, asks.goes_on
        )
    }));
    lines.extend(facts.waits.as_ref().map(|events| format!("waits    for {events}, unless they are known to be over")));
    lines.extend(facts.empties.as_ref().map(|queue| format!("waits    for {queue}, unless it is known to be empty")));
    lines.extend(facts.pieces.as_ref().map(|list| format!("pieces   of the list of {list}, more than are asked for")));
    lines.extend(facts.drops.as_ref().map(|list| format!("ends     the list of {list}, of which nothing is kept")));
    lines.extend(facts.doubts.then(|| "doubts   lists of which some is kept".into()));
    lines.extend(facts.submits.map(|submits| match submits {
        Submits::Noticed => "submits  work of devices".into(),
        Submits::Quietly => "submits  work of devices, which nobody notices unless the call waits".into(),
    }));
    lines.extend(facts.occupies.as_ref().map(|occupies| match occupies {
        Occupies::Call => "occupies a device, as long as the call at most".into(),
        Occupies::Queue(queue) => format!("occupies a device, until {queue} has got behind it"),
    }));
    lines.extend(facts.settled.then(|| "waits    unless devices are known to have done all".into()));
    lines.extend(charges(call).map(|charge| format!("charges  {charge}")));
}

fn finds(finds: Finds<'_>) -> String {
    let platform = |object: Option<About<'_>>| match object {
        Some(object) => format!("the platform of {} hands out", about(object)),
        None => "a platform hands out".into(),
    };
    match finds {
        Finds::Exported => "the library exports".into(),
        Finds::OfPlatform(object) => platform(object),
        Finds::ExportedOr { formerly, platform: object } => {
            format!("the library exports, or as {formerly} {}", platform(object))
        }
        Finds::InForms(object) => format!("{} in the form of its version", platform(object)),
    }
}

fn about(about: About<'_>) -> String {
    match about {
        About::Handle(param) => param.name.clone(),
        About::FirstOf(param) => format!("the first of {}", param.name),
    }
}

fn posted(posting: &Posting<'_>) -> String {
    match posting {
        Posting::Never(Waits::NotOneway) => "no: the table does not say `oneway`".into(),
        Posting::Never(Waits::Counted) => {
            "no: the shim counts, and only the last reference counts for the worker".into()
        }
        Posting::Never(Waits::Returns) => {
            "only where the entry does so itself: it returns neither a status nor a new object".into()
        }
        Posting::Never(Waits::Argument(param)) => {
            format!("no, but by hand: `{}` is not the same over and over", param.name)
        }
        Posting::Release { after_all: true } => "the last release, after all that any thread has sent".into(),
        Posting::Release { after_all: false } => "the last release".into(),
        Posting::Known { unless, .. } => {
            let unless = unless.map(|e| format!(", unless {e}")).unwrap_or_default();
            format!("once the vendor has accepted the same{unless}")
        }
        Posting::Made { alike, .. } => {
            let like = if *alike { "; objects that are made of the same answer alike" } else { "" };
            format!("once the vendor has made one of the same{like}")
        }
    }
}

fn made(birth: &Birth<'_>) -> String {
    let (kind, place) = (
        birth.kind,
        match birth.place {
            BirthPlace::Returned => "returned".to_owned(),
            BirthPlace::Stored(param) => format!("in {}", param.name),
            BirthPlace::Listed(param) => format!("several in {}", param.name),
        },
    );
    let names = |params: &[&crate::model::Param]| params.iter().map(|p| p.name.clone()).collect::<Vec<_>>();
    let inside = names(&birth.parents.inside).into_iter().map(|name| format!("what is in {name}"));
    let parents: Vec<_> = names(&birth.parents.handles).into_iter().chain(inside).collect();
    let parents = if parents.is_empty() { String::new() } else { format!(", keeps alive {}", parents.join(", ")) };
    let holds = birth.holds.map(|param| format!(", uses {} until it is gone", param.name)).unwrap_or_default();
    let owners = names(&birth.parents.owners);
    let ends = if owners.is_empty() { String::new() } else { format!(", ends with {}", owners.join(" or else ")) };
    let memory = birth.device_memory.map(|e| format!(", takes {e} bytes of the device")).unwrap_or_default();
    format!("{kind} {place}{ends}{parents}{holds}{memory}")
}

fn charges(call: &CallPlan<'_>) -> impl Iterator<Item = String> {
    let charges = &call.charges;
    let commands = charges.commands.map(|e| format!("commands: {e}"));
    let bytes_in = charges.bytes_in.map(|moved| match moved.unless_null {
        Some(answer) => format!("the bytes in {}, unless {} is null", moved.param.name, answer.name),
        None => format!("the bytes in {}", moved.param.name),
    });
    let bytes_out = charges.bytes_out.map(|moved| format!("the bytes out of {}", moved.param.name));
    let allots =
        charges.allots.map(|(number, e)| format!("{e} bytes of the device, by the number in {}", number.param.name));
    let frees = charges.frees.map(|number| format!("gives back what {} stands for", number.param.name));
    let launches = charges.launches.map(|kernel| format!("a launch of {}", kernel.name));
    [commands, launches, bytes_in, bytes_out, allots, frees].into_iter().flatten()
}

fn of_argument(call: &CallPlan<'_>, argument: &Argument<'_>) -> String {
    let mut said = vec![shape(&argument.param.shape)];
    if argument.withheld {
        said.push(match argument.given {
            Some(given) => format!("withheld: the vendor gets a {} of the worker's", given.of),
            None => "withheld: the vendor gets null".into(),
        });
    }
    said.extend(argument.miss.map(|miss| {
        match miss {
            Miss::Vendor => "else null to the vendor",
            Miss::RefusedUnlessNull => "or null, else refused",
            Miss::Refused => "else refused",
        }
        .to_owned()
    }));
    said.extend(argument.when.map(|e| format!("read when {e}")));
    said.extend(argument.key.map(|key| format!("by the key in {}", key.param.name)));
    said.extend(argument.written.map(|e| format!("of which {e} are valid")));
    said.extend(match argument.lifetime {
        Lifetime::Call => None,
        Lifetime::Event { event, unless: None } => Some(format!("in use until {} has completed", event.name)),
        Lifetime::Event { event, unless: Some(e) } => {
            Some(format!("in use until {} has completed, unless {e}", event.name))
        }
        Lifetime::Released => Some("in use until the object is gone".into()),
    });
    let life = call.callbacks().find(|callback| callback.param.name == argument.param.name);
    said.extend(life.map(|callback| {
        match callback.life {
            CallbackLife::Call => "kept until it was called",
            CallbackLife::Object => "kept with the object",
            CallbackLife::Session => "kept with the session",
        }
        .to_owned()
    }));
    let awaited = call.function.facts.awaited.as_ref().filter(|awaited| awaited.callback == argument.param.name);
    said.extend(awaited.map(|awaited| match &awaited.again {
        None => "the vendor waits for it".to_owned(),
        Some(asked) => format!("the vendor waits for it; kept with the session if {asked} says that it is recorded"),
    }));
    if let Posting::Known { combination, .. } | Posting::Made { combination, .. } = &call.posting {
        let place = call.arguments.iter().position(|a| a.param.name == argument.param.name);
        let depends = place.map(|place| combination[place]).and_then(|combined| match combined {
            Combined::Object | Combined::Nothing => None,
            Combined::Number => Some("success may depend on it"),
            Combined::Extent(_) | Combined::Freed => Some("success may depend on what memory it is"),
            Combined::Content => Some("success may depend on what it says"),
            Combined::Wanted => Some("success may depend on whether it is wanted"),
            Combined::Null => Some("success may depend on whether it is null"),
            Combined::Absent => Some("waits unless it is null"),
        });
        said.extend(depends.map(str::to_owned));
    }
    said.join("; ")
}

/// The field, as the table writes it.
fn answer(answers: &Answers) -> String {
    let step = |step: &Step| match step {
        Step::Field(name) => format!(".{name}"),
        Step::Index(name) => format!("[{name}]"),
    };
    let steps: String = answers.steps.iter().map(step).collect();
    format!("{}{steps}, otherwise {}", answers.param, answers.otherwise)
}

fn shape(shape: &Shape) -> String {
    match shape {
        Shape::Value { ty, .. } => ty.clone(),
        Shape::Handle { ty, .. } => format!("handle {ty}"),
        Shape::Mirror { ty } => format!("{ty}, by the worker's number"),
        Shape::Text { .. } => "text in".into(),
        Shape::Texts { count, .. } => format!("{count} texts in"),
        Shape::Buffer(buffer) => memory(buffer),
        Shape::Fd(fd) => format!("descriptor {}", if fd.out { "out" } else { "in" }),
        Shape::Callback { .. } => "callback".into(),
        Shape::UserData => "the program's, for its callback".into(),
        Shape::VaList => "arguments of a format".into(),
        Shape::Struct { ty } => format!("{ty}, by value"),
        Shape::Pointer => "address".into(),
    }
}

fn memory(buffer: &Buffer) -> String {
    let element = match &buffer.element {
        Element::Bytes => "bytes",
        Element::Scalar { ty, .. }
        | Element::Struct(ty)
        | Element::Handle(ty)
        | Element::Tagged(ty)
        | Element::Property(ty) => ty,
        Element::New(ty) => ty,
        Element::Text => "address of a text that stays",
    };
    let new = if matches!(buffer.element, Element::New(_)) { "new " } else { "" };
    let way = match buffer.direction {
        Direction::In => "in",
        Direction::InOut => "in and out",
        Direction::Out => "out",
    };
    match &buffer.len {
        Len::One => format!("one {new}{element} {way}"),
        Len::Count(e) => format!("{e} {new}{element} {way}"),
        Len::Layout { function, args } => {
            let args: Vec<_> = args.iter().map(ToString::to_string).collect();
            format!("{element} {way} in {function}({})", args.join(", "))
        }
        Len::Found { function, .. } => format!("as many {element} {way} as {function} finds"),
        Len::Ended => format!("list of {element} {way}"),
    }
}

fn record(title: &str, record: &Record<'_>, lines: &mut Vec<String>) {
    lines.push(format!("{title}  {} bytes", record.size));
    let width = record.fields.iter().map(|field| field.name.len()).max().unwrap_or(0);
    for field in &record.fields {
        let ty = match field.ty {
            FieldType::Scalar(scalar) => wire_scalar(scalar).to_string(),
            FieldType::Flag => "flag".into(),
            FieldType::Stored => "Stored".into(),
            FieldType::Brought => "Brought".into(),
            FieldType::Id => "id".into(),
            FieldType::Address => "address".into(),
            FieldType::Data => "Data".into(),
            FieldType::Texts => "Texts".into(),
            FieldType::Place => "Place".into(),
            FieldType::Returned => "Returned".into(),
            FieldType::Bytes => "bytes".into(),
            FieldType::Mapped => "Mapped".into(),
        };
        lines.push(format!("{:>5}+{:<2} {:width$}  {ty}", field.offset, field.ty.size(), field.name));
    }
}
