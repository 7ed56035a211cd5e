//! Memory that the program has at the same address.

use ava_protocol::engine::fixed::ArchivedOffer;
use ava_protocol::frame::Malformed;

use crate::call::Call;

/// Most regions of this kind.
const MOST: usize = 16 << 10;

/// Maps a region of the program's where it has it; `false` if something else is there, or may not be.
pub fn place(call: &Call, offer: &ArchivedOffer) -> Result<bool, Malformed> {
    let session = call.session;
    if session.fixed.len() >= MOST {
        return Err(Malformed::TooMany { what: "regions", limit: MOST as u64 });
    }
    let address = offer.address.to_native();
    let region = session.regions.find(&offer.region)?;
    if offer.region.offset != 0 || offer.region.len != region.len() {
        return Err(Malformed::Size { what: "a region", got: offer.region.len.to_native(), wanted: region.len() });
    }
    drop(region);
    let region = session.regions.take(offer.region.region.to_native())?;
    let len = region.len();
    match usize::try_from(address).map_or(Err(std::io::ErrorKind::InvalidInput.into()), |at| region.move_to(at)) {
        Ok(region) => {
            session.fixed.insert(region);
            Ok(true)
        }
        Err(_) => {
            session.regions.give_back(len);
            Ok(false)
        }
    }
}

/// Unmaps what was placed at an address. The vendor does not use it any more.
pub fn remove(call: &Call, address: u64) {
    if let Some(region) = call.session.fixed.remove(address) {
        call.session.regions.give_back(region.len());
    }
}
