//! Requests that no shim sends to a worker that serves PKCS#11: structs whose memory is missing, too long, or cyclic.

use std::path::Path;

use ava_protocol::pkcs11::constant::CKR_MECHANISM_PARAM_INVALID;
use ava_protocol::pkcs11::{self, opcode};
use ava_protocol::session::Hello;
use ava_protocol::wire::{Data, Place};
use ava_tests::{Program, built};

use super::client::{Body, Client, Thread, call};
use super::stage::Stage;

/// The vendor's status for a call before `C_Initialize`: the request was decoded, and the vendor called.
const CKR_CRYPTOKI_NOT_INITIALIZED: u64 = 0x190;
const CKA_VALUE: u64 = 0x11;
const CKA_WRAP_TEMPLATE: u64 = 0x4000_0211;
const CKM_AES_GCM: u64 = 0x1087;
const CKM_PKCS5_PBKD2: u64 = 0x3B0;

fn stage() -> Stage {
    let steady = built::compiled("steady", "isolation/steady.c", &["-lOpenCL"]);
    Stage::beside(Program::new(steady), Path::new("/usr/lib/softhsm"))
}

fn open(stage: &Stage) -> (Client, Thread) {
    let hello = Hello::new("pkcs11", "hostile", 1, "hostile", "/");
    let client = Client::with(&stage.socket(), hello).unwrap();
    let lane = client.lane();
    (client, lane)
}

/// A struct of three words, such as an attribute or a mechanism.
fn words(words: [u64; 3]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// An attribute with this value.
fn attribute(key: u64, value: &[u8]) -> Vec<u8> {
    [words([key, 1, value.len() as u64]), value.to_vec()].concat()
}

fn create(flat: &[u8], count: u64) -> pkcs11::C_CreateObject::Request<'_> {
    pkcs11::C_CreateObject::Request {
        hSession: 1,
        pTemplate: Data::Inline(flat),
        ulCount: count,
        phObject: Place::Null,
    }
}

fn encrypt(flat: &[u8]) -> pkcs11::C_EncryptInit::Request<'_> {
    pkcs11::C_EncryptInit::Request { hSession: 1, pMechanism: Data::Inline(flat), hKey: 1 }
}

/// A call that ends its session.
#[track_caller]
fn fatal(stage: &Stage, opcode: u32, request: &impl Body) {
    let (client, lane) = open(stage);
    assert!(lane.send(&call(opcode, request), None));
    assert!(client.is_over(), "the session goes on\n{}", stage.log());
    let line = stage.end_of(client.session);
    assert!(line.contains("the program sent nonsense"), "{line}");
}

#[test]
fn templates() {
    let stage = stage();
    let value = attribute(CKA_VALUE, b"four");
    let nested = attribute(CKA_WRAP_TEMPLATE, &[]);
    let (client, mut lane) = open(&stage);
    let ret = |r: &pkcs11::C_CreateObject::ArchivedReply<'_>| r.ret.to_native();
    for (flat, count) in [(&value, 1), (&nested, 1), (&Vec::new(), 0), (&words([CKA_VALUE, 0, u64::MAX]), 1)] {
        assert_eq!(lane.call(opcode::C_CreateObject, &create(flat, count), ret), CKR_CRYPTOKI_NOT_INITIALIZED);
    }
    drop((client, lane));
    for len in 0..value.len() {
        fatal(&stage, opcode::C_CreateObject, &create(&value[..len], 1));
    }
    let longer = [&value[..], b"!"].concat();
    let endless = words([CKA_VALUE, 1, u64::MAX]);
    // Each points to the next, and none to an end.
    let deep: Vec<u8> = (0..32).flat_map(|_| words([CKA_WRAP_TEMPLATE, 1, 24])).collect();
    for (flat, count) in [(&longer, 1), (&endless, 1), (&deep, 1), (&value, 2), (&value, u64::MAX), (&value, 0)] {
        fatal(&stage, opcode::C_CreateObject, &create(flat, count));
    }
    stage.stays_unharmed();
}

#[test]
fn templates_that_come_out() {
    let stage = stage();
    let ask = |flat, count| pkcs11::C_GetAttributeValue::Request {
        hSession: 1,
        hObject: 1,
        pTemplate: Data::Inline(flat),
        ulCount: count,
    };
    let value = attribute(CKA_VALUE, b"four");
    let (client, mut lane) = open(&stage);
    let ret = |r: &pkcs11::C_GetAttributeValue::ArchivedReply<'_>| r.ret.to_native();
    assert_eq!(lane.call(opcode::C_GetAttributeValue, &ask(&value[..], 1), ret), CKR_CRYPTOKI_NOT_INITIALIZED);
    drop((client, lane));
    for flat in [&value[..value.len() - 1], &words([CKA_VALUE, 1, 1 << 60])] {
        fatal(&stage, opcode::C_GetAttributeValue, &ask(flat, 1));
    }
    stage.stays_unharmed();
}

#[test]
fn mechanisms() {
    let stage = stage();
    let (client, mut lane) = open(&stage);
    let refused = [words([CKM_PKCS5_PBKD2, 1, 8]), vec![0; 8]].concat();
    assert_eq!(lane.refused(opcode::C_EncryptInit, &encrypt(&refused)), CKR_MECHANISM_PARAM_INVALID as i32);
    let ret = |r: &pkcs11::C_EncryptInit::ArchivedReply| r.ret.to_native();
    // A parameter that is shorter than its struct has no pointers.
    let short = [words([CKM_AES_GCM, 1, 8]), vec![0xFF; 8]].concat();
    assert_eq!(lane.call(opcode::C_EncryptInit, &encrypt(&short), ret), CKR_CRYPTOKI_NOT_INITIALIZED);
    drop((client, lane));
    // One of the full length points to a vector, which is missing.
    let parameter: Vec<u8> = [1_u64, 16, 128, 0, 0, 128].iter().flat_map(|word| word.to_le_bytes()).collect();
    fatal(&stage, opcode::C_EncryptInit, &encrypt(&[words([CKM_AES_GCM, 1, 48]), parameter].concat()));
    stage.stays_unharmed();
}

/// A buffer beyond the address space is refused before the vendor is called.
#[test]
fn arrays_without_bounds() {
    let stage = stage();
    let find = |most| pkcs11::C_FindObjects::Request {
        hSession: 1,
        phObject: Place::Inline,
        ulMaxObjectCount: most,
        pulObjectCount: Place::Scalar(0),
    };
    for most in [u64::MAX, u64::MAX / 8 + 1, 1 << 40] {
        fatal(&stage, opcode::C_FindObjects, &find(most));
    }
    stage.stays_unharmed();
}
