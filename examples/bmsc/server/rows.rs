//! The rows of the BM-SC: the library keeps none of them.
//!
//! ```text
//! IMPU  -> Row       what is known of an identity, and how far the delivery of each service's MSK is
//! B-TID -> NafEntry  what the BSF said of a bootstrapping run, and what HTTP Digest remembers of its nonces
//! B-TID -> IMPU      whose acknowledgement it is: of the MUKs in use
//! ```

use std::collections::HashMap;

use castkey::ims::bm_sc_request::MskDelivery;
use castkey::ims::digest::NonceRow;
use castkey::ims::upf::Context;
use castkey::ims::{BTid, Impu};
use castkey::keys::{DigestPassword, KsNaf};
use castkey::time::Tick;

/// Number of a row. A row that has gone gives its number to another.
pub(super) type RowId = u32;

/// What is known of one identity.
pub(crate) struct Row {
    pub(super) impu: Impu,
    pub(crate) context: Context<4>,
    /// Of each service, in the order of the services.
    pub(crate) deliveries: [MskDelivery; 2],
    /// Whether that delivery was sent under the MUK before.
    pub(super) outdated: [bool; 2],
    /// The B-TIDs of the MUKs under which something may be acknowledged.
    btids: Vec<BTid>,
}

impl Row {
    pub(super) fn new(impu: Impu) -> Self {
        let deliveries = [MskDelivery::new(); 2];
        Self { impu, context: Context::new(), deliveries, outdated: [false; 2], btids: Vec::new() }
    }
}

/// What the BSF said of one B-TID.
pub(crate) struct NafEntry {
    pub(super) impus: Vec<Impu>,
    pub(super) ks_naf: KsNaf,
    pub(super) password: DigestPassword,
    pub(super) expires: Tick,
    pub(super) nonces: NonceRow,
}

/// All rows, at most as many as were said at the start.
pub(crate) struct Rows {
    slots: Vec<Option<Box<Row>>>,
    free: Vec<RowId>,
    by_impu: HashMap<Impu, RowId>,
    by_btid: HashMap<BTid, RowId>,
    most: usize,
}

/// Octets that the maps take for one row besides the row itself: its keys and numbers.
pub(crate) const INDEX_LEN: usize = size_of::<(Impu, RowId)>()
    + size_of::<(BTid, RowId)>()
    + size_of::<Option<Box<Row>>>()
    + size_of::<BTid>();

impl Rows {
    pub(super) fn new(most: usize) -> Self {
        let (by_impu, by_btid) = (HashMap::new(), HashMap::new());
        Self { slots: Vec::new(), free: Vec::new(), by_impu, by_btid, most }
    }

    pub(super) fn of_impu(&self, impu: &Impu) -> Option<RowId> {
        self.by_impu.get(impu).copied()
    }

    pub(super) fn of_btid(&self, btid: &BTid) -> Option<RowId> {
        self.by_btid.get(btid).copied()
    }

    pub(super) fn get(&self, id: RowId) -> Option<&Row> {
        self.slots.get(usize::try_from(id).ok()?)?.as_deref()
    }

    pub(super) fn get_mut(&mut self, id: RowId) -> Option<&mut Row> {
        self.slots.get_mut(usize::try_from(id).ok()?)?.as_deref_mut()
    }

    pub(super) fn len(&self) -> usize {
        self.by_impu.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.len() >= self.most
    }

    pub(super) fn ids(&self) -> Vec<RowId> {
        self.by_impu.values().copied().collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Row> {
        self.slots.iter().flatten().map(|row| &**row)
    }

    /// Stores a new row; the caller has looked whether there is room.
    pub(super) fn insert(&mut self, row: Row) -> RowId {
        let impu = row.impu.clone();
        let id = match self.free.pop() {
            Some(id) => id,
            None => {
                self.slots.push(None);
                RowId::try_from(self.slots.len() - 1).unwrap_or(RowId::MAX)
            }
        };
        if let Some(slot) = usize::try_from(id).ok().and_then(|at| self.slots.get_mut(at)) {
            *slot = Some(Box::new(row));
        }
        self.by_impu.insert(impu, id);
        id
    }

    /// Notes that messages to this row go under the MUK of `btid`; the one before counts a while longer. Returns the
    /// B-TID that counts no more.
    pub(super) fn note_btid(&mut self, id: RowId, btid: &BTid) -> Option<BTid> {
        let row = self.slots.get_mut(usize::try_from(id).ok()?)?.as_deref_mut()?;
        row.btids.retain(|held| held != btid);
        row.btids.push(btid.clone());
        let dropped = (row.btids.len() > 2).then(|| row.btids.remove(0));
        self.by_btid.insert(btid.clone(), id);
        if let Some(dropped) = &dropped {
            self.by_btid.remove(dropped);
        }
        dropped
    }

    /// Drops a row in which nothing is kept. Returns the B-TIDs that counted.
    pub(super) fn remove_if_empty(&mut self, id: RowId) -> Vec<BTid> {
        let slot = usize::try_from(id).ok().and_then(|at| self.slots.get_mut(at));
        let Some(row) = slot.and_then(|slot| slot.take_if(|row| row.context.is_empty())) else {
            return Vec::new();
        };
        self.by_impu.remove(&row.impu);
        for btid in &row.btids {
            self.by_btid.remove(btid);
        }
        self.free.push(id);
        row.btids
    }
}
