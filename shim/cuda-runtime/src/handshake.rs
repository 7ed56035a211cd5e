//! The handshake of NVIDIA's runtime with its driver.
//!
//! The runtime asks whether the driver is one, by a keyed hash over facts that both know, and serves no call otherwise. Who
//! stands between a program and a driver has to answer in the driver's place, since the process, the thread and addresses in
//! the process are among the facts. This does so openly, for the sake of programs that are linked with the runtime: whatever
//! the runtime asks for is then done by the driver that there is.
//!
//! The hash is HMAC (RFC 2104) with MD2 (RFC 1319), whose blocks are 16 bytes long.

use hmac::{KeyInit, Mac, SimpleHmac};
use md2::Md2;

use crate::driver::{Device, Result};

const KEY: [u8; 16] = 0x146A_DDAE_53A9_A752_AA08_4136_0BF5_5A9F_u128.to_be_bytes();
/// What the last digit of the asking version chooses, and what is the same for both.
const FIRST: u64 = 0x3341_181C_03CB_675C;
const SECOND: u64 = 0x1841_181C_03CB_675C;
const COMMON: u64 = 0x8ED3_83AA_1F4C_D1E8;

/// Who asks, and when.
pub struct Question {
    /// The runtime's version, times ten, and a digit that chooses a question.
    pub version: u32,
    /// In seconds since 1970.
    pub time: u64,
    /// Of the runtime's table, of the table with the function that is asked, of that function.
    pub addresses: [u64; 3],
}

/// The driver's answer. `facts` are its version and its devices, which two of the questions are not about.
pub fn answer(question: &Question, facts: impl FnOnce() -> Result<(u32, Vec<Device>)>) -> Result<[u64; 2]> {
    Ok(match question.version % 10 {
        0 => [FIRST, COMMON],
        1 => [SECOND, COMMON],
        _ => {
            let (driver, devices) = facts()?;
            // SAFETY: the call has no conditions.
            let thread = unsafe { libc::pthread_self() } as u32;
            hash(&message(question, driver, &devices, std::process::id(), thread))
        }
    })
}

fn message(question: &Question, driver: u32, devices: &[Device], process: u32, thread: u32) -> Vec<u8> {
    let mut message = Vec::new();
    for number in [driver, question.version, process, thread] {
        message.extend(number.to_le_bytes());
    }
    for number in question.addresses.into_iter().chain([question.time]) {
        message.extend(number.to_le_bytes());
    }
    for device in devices {
        message.extend(device.uuid);
        message.extend(device.pci.iter().flat_map(|number| number.to_le_bytes()));
    }
    message
}

fn hash(message: &[u8]) -> [u64; 2] {
    let mut mac = SimpleHmac::<Md2>::new_from_slice(&KEY).expect("HMAC takes keys of any length");
    mac.update(message);
    let bytes: [u8; 16] = mac.finalize().into_bytes().into();
    let half = |at: usize| u64::from_le_bytes(std::array::from_fn(|byte| bytes[at + byte]));
    [half(0), half(8)]
}

#[cfg(test)]
mod tests {
    use md2::Digest;

    use super::*;

    /// HMAC by its definition in RFC 2104, with MD2 as it is: inner and outer padding of 16 bytes.
    #[test]
    fn the_hash_is_hmac_with_blocks_of_16_bytes() {
        let padded = |with: u8| KEY.map(|byte| byte ^ with);
        let inner = Md2::new().chain_update(padded(0x36)).chain_update(b"message").finalize();
        let outer = Md2::new().chain_update(padded(0x5C)).chain_update(inner).finalize();
        let [low, high] = hash(b"message");
        assert_eq!([low.to_le_bytes(), high.to_le_bytes()].concat(), outer.to_vec());
    }

    /// RFC 1319, appendix 5.
    #[test]
    fn md2_is_that_of_the_rfc() {
        let digest = |text: &str| u128::from_be_bytes(Md2::digest(text).into());
        assert_eq!(digest(""), 0x8350_e5a3_e24c_153d_f227_5c9f_8069_2773);
        assert_eq!(digest("abc"), 0xda85_3b0d_3f88_d99b_3028_3a69_e6de_d6bb);
    }

    #[test]
    fn a_message_has_who_asks_and_all_devices() {
        let question = Question { version: 130_002, time: 5, addresses: [1, 2, 3] };
        let device = Device { uuid: [7; 16], pci: [0, 1, 2] };
        let message = message(&question, 13_000, &[device, device], 8, 9);
        assert_eq!(message.len(), 4 * 4 + 4 * 8 + 2 * (16 + 3 * 4));
        assert_eq!(message[..16], [13_000_u32, 130_002, 8, 9].map(u32::to_le_bytes).concat());
        assert_eq!(message[40..48], 5_u64.to_le_bytes());
        assert_eq!(message[message.len() - 4..], 2_i32.to_le_bytes());
    }
}
