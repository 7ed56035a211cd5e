//! What is decided of the calls of the real tables.

use std::path::Path;

use ava_tables::build::TABLES;
use ava_tables::model::{Api, Shape};
use ava_tables::plan::{About, Birth, BirthPlace, CallPlan, Plan, Posting, Record};

fn tables() -> Vec<Api> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |name: &&str| {
        ava_tables::read(&folder.join(format!("{name}.rs"))).unwrap_or_else(|report| panic!("{report:?}"))
    };
    TABLES.iter().map(read).collect()
}

/// The handle type of what a call is about.
fn about<'a>(call: &CallPlan<'a>) -> Option<&'a str> {
    match call.about? {
        About::Handle(param) | About::FirstOf(param) => match &param.shape {
            Shape::Handle { ty, .. } => Some(ty),
            _ => None,
        },
    }
}

/// The failure of a posted call is told to who uses next what it is about: of a command its queue, of an argument its
/// kernel. Where errors last, whoever waits next is told.
#[test]
fn posted_calls_are_about_what_a_program_uses_next() {
    for api in tables().into_iter().filter(|api| api.lasting.is_empty()) {
        let plan = Plan::of(&api);
        for call in plan.calls.iter().filter(|call| matches!(call.posting, Posting::Known { .. })) {
            let name = call.function.name.as_str();
            let wanted = match name {
                "clSetKernelArg" => "cl_kernel",
                _ if name.starts_with("clEnqueue") || name == "clFlush" => "cl_command_queue",
                _ => panic!("{name} is posted: what is it about?"),
            };
            assert_eq!(about(call), Some(wanted), "{name}");
        }
    }
}

/// What is made alike answers alike: nothing else that makes such objects leaves them unlike, and nothing is made of them that is.
#[test]
fn objects_that_are_made_alike_are_these() {
    let made = |api: &Api| {
        let plan = Plan::of(api);
        let kinds = plan.kinds.iter().filter(|kind| kind.alike).map(|kind| kind.name.to_owned());
        let (alike, other): (Vec<_>, Vec<_>) = plan
            .calls
            .iter()
            .filter(|call| matches!(call.posting, Posting::Made { .. }))
            .map(|call| (call.function.name.clone(), call.returned().is_some_and(|birth| call.makes_alike(birth.kind))))
            .partition(|(_, alike)| *alike);
        let names = |calls: Vec<(String, bool)>| calls.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        (kinds.collect::<Vec<_>>(), names(alike), names(other))
    };
    for api in tables() {
        let (kinds, alike, other) = made(&api);
        if api.name != "opencl" {
            assert!(kinds.is_empty() && alike.is_empty() && other.is_empty(), "{}", api.name);
            continue;
        }
        assert_eq!(kinds, ["cl_mem", "cl_sampler"]);
        assert_eq!(
            alike,
            [
                "clCreateBuffer",
                "clCreateBufferWithProperties",
                "clCreateImage",
                "clCreateImageWithProperties",
                "clCreateImage2D",
                "clCreateImage3D",
                "clCreatePipe",
                "clCreateSampler",
                "clCreateSamplerWithProperties"
            ]
        );
        assert_eq!(other, ["clCreateSubBuffer"]);
    }
}

/// What is stored by a call belongs to what the call is about; a release is about what it releases.
#[test]
fn stored_objects_and_releases_name_what_they_are_about() {
    for api in tables() {
        for call in &Plan::of(&api).calls {
            let name = &call.function.name;
            let names_any = call.function.params.iter().any(|param| matches!(param.shape, Shape::Handle { .. }));
            // What is made of nothing that the call names is of the library, or of what is current in the thread.
            if names_any && call.births.iter().any(|birth| matches!(birth.place, BirthPlace::Stored(_))) && call.crosses
            {
                assert!(about(call).is_some(), "{name}");
            }
            if let Some(kind) = &call.function.facts.release {
                assert_eq!(about(call), Some(kind.as_str()), "{name}");
            }
        }
    }
}

/// Only the releases of events do not wait for all that was sent: whatever uses one names it.
#[test]
fn releases_of_what_posted_calls_make_do_not_come_after_all() {
    let early: Vec<String> = tables()
        .iter()
        .flat_map(|api| {
            let early = |call: &&CallPlan<'_>| matches!(call.posting, Posting::Release { after_all: false });
            let names: Vec<_> = Plan::of(api).calls.iter().filter(early).map(|c| c.function.name.clone()).collect();
            names
        })
        .collect();
    assert_eq!(early, ["clReleaseEvent"]);
}

/// A call that makes an event gives a queue a command. Of what the tables say that it gives devices work the reader sees to it.
#[test]
fn commands_with_events_are_charged() {
    for api in tables() {
        let plan = Plan::of(&api);
        let is_event = |kind: &str| plan.kinds.iter().any(|of| of.name == kind && of.event);
        for call in plan.calls.iter().filter(|call| call.crosses && call.charges.commands.is_none()) {
            let makes_event = |birth: &Birth<'_>| matches!(birth.place, BirthPlace::Stored(_)) && is_event(birth.kind);
            assert!(!call.births.iter().any(makes_event), "{} charges no command", call.function.name);
        }
    }
}

#[test]
fn fields_do_not_overlap() {
    let in_order = |record: &Record<'_>, name: &str| {
        let mut end = 0;
        for field in &record.fields {
            assert!(field.offset >= end && field.offset.is_multiple_of(field.ty.align()), "{name}: {}", field.name);
            end = field.offset + field.ty.size();
        }
        assert!(end <= record.size && record.size.is_multiple_of(record.align), "{name}");
    };
    for api in tables() {
        for call in &Plan::of(&api).calls {
            in_order(&call.request, &call.function.name);
            in_order(&call.reply, &call.function.name);
        }
    }
}
