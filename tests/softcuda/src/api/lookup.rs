//! `cuGetProcAddress`: functions by name, version of the interface, and default stream.
#![allow(non_snake_case, reason = "the header's names")]

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::LazyLock;

use super::entry::{Entry, entries};
use super::values::{Out, Text};
use super::{
    arrays, context, copies, device, events, function, graph, init, launch, library, link, managed, memory, memset,
    module, nodes, objects, occupancy, plans, pointer, pools, refused, streams, tables, textures, virtual_memory,
    words,
};
use crate::cuda::{Result, Status};

/// Base names and the versions in which each came with another interface, as `cudaTypedefs.h` 13.0 has them: the symbol of the
/// first is the name itself, of the second `NAME_v2`, and so on.
const NAMES: &str = include_str!("names.txt");

/// Functions whose stream 0 is the thread's default stream came with this version, of those that were there before.
const TWINS: i32 = 7000;

/// `CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM`; 0 and 1 stand for the legacy stream.
const PER_THREAD: u64 = 2;

/// `CUdriverProcAddressQueryResult`.
const FOUND: u32 = 0;
const UNKNOWN: u32 = 1;
const TOO_OLD: u32 = 2;

entries! { unchecked;
    /// The first interface: what is not found is an error.
    fn cuGetProcAddress(name: Text, place: Out<*const c_void>, version: i32, flags: u64) {
        let (found, _) = find(&name.get()?, version, flags)?;
        place.set(found)?;
        if found.is_null() { Err(Status::NOT_FOUND) } else { Ok(()) }
    }

    /// What is not found is null, and the status says why.
    fn cuGetProcAddress_v2(name: Text, place: Out<*const c_void>, version: i32, flags: u64, status: Out<u32>) {
        let (found, why) = find(&name.get()?, version, flags)?;
        place.set(found)?;
        status.set_if(why);
        Ok(())
    }
}

fn find(name: &str, version: i32, flags: u64) -> Result<(*const c_void, u32)> {
    if flags > PER_THREAD {
        return Err(Status::INVALID_VALUE);
    }
    let Some(versions) = VERSIONS.get(name) else { return Ok((std::ptr::null(), UNKNOWN)) };
    let (forms, twins): (Vec<_>, Vec<_>) = (1..)
        .zip(versions)
        .map(|(number, since)| {
            let symbol = if number == 1 { name.to_owned() } else { format!("{name}_v{number}") };
            let twin = ["_ptsz", "_ptds"].iter().find_map(|suffix| address(&format!("{symbol}{suffix}")));
            ((*since, address(&symbol)), (TWINS.max(*since), twin))
        })
        .unzip();
    // A name of which any form has a twin stands for twins only.
    let has_twins = flags == PER_THREAD && twins.iter().any(|(_, twin)| twin.is_some());
    let forms = if has_twins { twins } else { forms };
    let mut found = forms.into_iter().rev().filter_map(|(since, function)| Some((since, function?)));
    match found.find(|(since, _)| *since <= version) {
        Some((_, function)) => Ok((function, FOUND)),
        None => Ok((std::ptr::null(), TOO_OLD)),
    }
}

static VERSIONS: LazyLock<HashMap<&str, Vec<i32>>> = LazyLock::new(|| {
    let rows = NAMES.lines().filter_map(|line| line.split_once(' '));
    rows.map(|(name, versions)| (name, versions.split(' ').filter_map(|version| version.parse().ok()).collect()))
        .collect()
});

fn address(symbol: &str) -> Option<*const c_void> {
    static ALL: LazyLock<HashMap<&str, &Entry>> = LazyLock::new(|| {
        let files = [
            arrays::ENTRIES,
            context::ENTRIES,
            copies::ENTRIES,
            device::ENTRIES,
            events::ENTRIES,
            function::ENTRIES,
            graph::ENTRIES,
            init::ENTRIES,
            launch::ENTRIES,
            library::ENTRIES,
            link::ENTRIES,
            ENTRIES,
            managed::ENTRIES,
            memory::ENTRIES,
            memset::ENTRIES,
            module::ENTRIES,
            nodes::ENTRIES,
            objects::ENTRIES,
            occupancy::ENTRIES,
            plans::ENTRIES,
            pointer::ENTRIES,
            pools::ENTRIES,
            refused::ENTRIES,
            streams::ENTRIES,
            tables::ENTRIES,
            textures::ENTRIES,
            virtual_memory::ENTRIES,
            words::ENTRIES,
        ];
        files.iter().flat_map(|file| file.iter()).map(|entry| (entry.name, entry)).collect()
    });
    ALL.get(symbol).map(|entry| entry.address.cast())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_choose_the_interface() {
        let found = |name, version, flags| find(name, version, flags).expect("the flags are right");
        let symbol = |name| (address(name).expect("it is exported"), FOUND);
        assert_eq!(found("cuMemAlloc", 2000, 0), symbol("cuMemAlloc"));
        assert_eq!(found("cuMemAlloc", 3020, 0), symbol("cuMemAlloc_v2"));
        assert_eq!(found("cuMemAlloc", 13000, 2), symbol("cuMemAlloc_v2"));
        assert_eq!(found("cuCtxCreate", 12040, 0), symbol("cuCtxCreate_v3"));
        assert_eq!(found("cuLaunchKernel", 7000, 2), symbol("cuLaunchKernel_ptsz"));
        assert_eq!(found("cuMemcpyHtoD", 7000, 2), symbol("cuMemcpyHtoD_v2_ptds"));
        assert_eq!(found("cuMemcpyHtoD", 2000, 2), (std::ptr::null(), TOO_OLD));
        assert_eq!(found("cuLaunchKernel", 4000, 2), (std::ptr::null(), TOO_OLD));
        assert_eq!(found("cuMemAlloc", 1000, 0), (std::ptr::null(), TOO_OLD));
        assert_eq!(found("cuNothing", 13000, 0), (std::ptr::null(), UNKNOWN));
        assert_eq!(find("cuInit", 13000, 3), Err(Status::INVALID_VALUE));
    }

    #[test]
    fn every_name_has_its_symbols() {
        for (name, versions) in VERSIONS.iter() {
            assert!(versions.is_sorted() && !versions.is_empty(), "{name} {versions:?}");
            for version in versions {
                assert_eq!(find(name, *version, 0).expect("the flags are right").1, FOUND, "{name} {version}");
            }
        }
    }
}
