//! Mission-critical keys, as far as no mathematics is done: a client and a server without keys of a KMS, a MuSiK, packets.

use core::ffi::c_void;
use core::mem::zeroed;
use core::ptr;

use castkey_capi::*;

use super::bend::Bend;
use super::room::{Room, Watch, object};
use super::{OUT, World, copied, octets, wiped};

const ALICE: &[u8] = b"sip:alice@example.org";
const KMS: &[u8] = b"kms.example.org";

const fn at(seconds: u64) -> castkey_mcx_time {
    castkey_mcx_time { seconds, fraction: 0, reserved: 0 }
}

object!(castkey_mcx_client, castkey_mcx_client_size, castkey_mcx_client_wipe, |client| {
    let mut key: castkey_mcx_key = zeroed();
    castkey_mcx_client_csk(client, at(0), &raw mut key)
});
object!(castkey_mcx_server, castkey_mcx_server_size, castkey_mcx_server_wipe, |server| {
    let mut keys: castkey_mcx_xml_keys = zeroed();
    castkey_mcx_server_spk_xml(server, 0x3000_0001, ALICE.as_ptr(), ALICE.len(), &raw mut keys)
});
object!(castkey_mcx_user, castkey_mcx_user_size, castkey_mcx_user_wipe, |user| {
    let mut has = 0;
    castkey_mcx_user_has_csk(user, 0x2000_0001, &raw mut has)
});
object!(castkey_mcx_musik, castkey_mcx_musik_size, castkey_mcx_musik_wipe, |musik| {
    let mut key: castkey_mcx_key = zeroed();
    castkey_mcx_musik_key(musik, &raw mut key)
});
object!(castkey_mcx_srtcp, castkey_mcx_srtcp_size, castkey_mcx_srtcp_wipe, |end| {
    let mut index = 0;
    castkey_mcx_srtcp_next_index(end, &raw mut index)
});

#[derive(Default)]
pub(super) struct Objects {
    client: Room<castkey_mcx_client>,
    server: Room<castkey_mcx_server>,
    user: Room<castkey_mcx_user>,
    musik: Room<castkey_mcx_musik>,
    kms: Room<castkey_mcx_kms>,
    keys: Room<castkey_mcx_keys>,
    ends: [Room<castkey_mcx_srtcp>; 2],
    srtcp_keys: Room<castkey_mcx_srtcp_keys>,
    action: Room<castkey_mcx_action>,
    key: Room<castkey_mcx_key>,
    xml: Room<castkey_mcx_xml_keys>,
}

/// The table has one row; it is none while it was not made.
unsafe extern "C" fn row(user: *mut c_void, _: *const u8, _: usize) -> *mut castkey_mcx_user {
    user.cast()
}

unsafe extern "C" fn owner(user: *mut c_void, _: u32) -> *const castkey_mcx_user {
    user.cast_const().cast()
}

impl World<'_> {
    pub(super) fn mcx_call(&mut self, kind: u8) -> Option<()> {
        match kind {
            0..3 => self.mcx_init(),
            3..6 => self.mcx_client_handle(),
            6..8 => self.mcx_server_handle(),
            8..11 => self.mcx_srtcp(),
            11..14 => self.mcx_keys(),
            14..16 => self.mcx_prepare(),
            16 => self.mcx_numbers(),
            _ => {
                match self.choices.below(10)? {
                    0 => copied(&self.mcx.client),
                    1 => copied(&self.mcx.server),
                    2 => copied(&self.mcx.user),
                    3 => copied(&self.mcx.musik),
                    4 | 5 => copied(&self.mcx.ends[0]),
                    6 => wiped(&self.mcx.client),
                    7 => wiped(&self.mcx.server),
                    8 => wiped(&self.mcx.user),
                    _ => wiped(&self.mcx.musik),
                }
                Some(())
            }
        }
    }

    fn time(&self) -> castkey_mcx_time {
        at(3_900_000_000 + self.now / 1000)
    }

    fn mcx_init(&mut self) -> Option<()> {
        // SAFETY: structures of integers.
        let (mut of_client, mut of_server): (castkey_mcx_client_config, castkey_mcx_server_config) =
            unsafe { zeroed() };
        // SAFETY: the one argument is there.
        unsafe {
            assert_eq!(castkey_mcx_client_config_default(&raw mut of_client), CASTKEY_OK);
            assert_eq!(castkey_mcx_server_config_default(&raw mut of_server), CASTKEY_OK);
        }
        let (which, choice) = (self.choices.below(6)?, self.choices.octet()?);
        if choice >= 128 {
            of_client.settings.quirks = u32::from(choice & 31);
            of_server.settings.encoding = u32::from(choice & 3);
        }
        let id = u32::from(choice) << 28 | 1;
        let mut bend = Bend::draw(&mut self.choices)?;
        let held = &self.mcx;
        let watch = Watch::default().on(&held.client).on(&held.user).on(&held.ends[0]).on(&held.ends[1]);
        let watch = if which == 1 { watch.on(&held.server) } else { watch.on(&held.srtcp_keys) };
        let key = [choice; 16];
        // SAFETY: memory that is as long as it is said to be.
        let status = unsafe {
            match which {
                0 => {
                    let (at, size) = (bend.at(held.client.at()), bend.size(CASTKEY_MCX_CLIENT_SIZE));
                    castkey_mcx_client_init(at, size, bend.read(&raw const of_client))
                }
                1 => {
                    let (at, size) = (bend.at(held.server.at()), bend.size(CASTKEY_MCX_SERVER_SIZE));
                    castkey_mcx_server_init(at, size, bend.read(&raw const of_server))
                }
                2 => castkey_mcx_user_init(bend.at(held.user.at()), bend.size(CASTKEY_MCX_USER_SIZE)),
                3 => {
                    let (at, size) = (bend.at(held.srtcp_keys.at()), bend.size(CASTKEY_MCX_SRTCP_KEYS_SIZE));
                    let key = bend.read(key.as_ptr());
                    castkey_mcx_srtcp_keys_init(at, size, id, key, bend.read(key))
                }
                _ => {
                    let end = &held.ends[usize::from(which & 1)];
                    let (at, size) = (bend.at(end.at()), bend.size(CASTKEY_MCX_SRTCP_SIZE));
                    castkey_mcx_srtcp_init(at, size, u32::from(which), 0)
                }
            }
        };
        if self.judge(status, &bend, &watch) {
            match which {
                0 => self.mcx.client.set_live(true),
                1 => self.mcx.server.set_live(true),
                _ => {}
            }
        }
        Some(())
    }

    /// Somebody without keys, or with an object that is none.
    fn entity(&mut self, list: &[*const castkey_mcx_kms; 1]) -> Option<castkey_mcx_entity> {
        // SAFETY: a structure of integers and pointers that may be NULL.
        let mut entity: castkey_mcx_entity = unsafe { zeroed() };
        entity.uri = octets(ALICE);
        entity.kms_uri = octets(KMS);
        match self.choices.octet()? {
            0..200 => {}
            200..220 => (entity.kms, entity.n_kms) = (list.as_ptr(), 1),
            220..240 => (entity.kms, entity.n_kms) = (ptr::null(), 1),
            _ => (entity.kms, entity.n_kms) = (list.as_ptr(), CASTKEY_MCX_MAX_KMS + 1),
        }
        Some(entity)
    }

    fn mcx_client_handle(&mut self) -> Option<()> {
        let datagram = self.datagram()?;
        let list = [self.mcx.kms.at().cast_const()];
        let entity = self.entity(&list)?;
        // SAFETY: a structure of integers and pointers that may be NULL.
        let mut event: castkey_mcx_client_event = unsafe { zeroed() };
        let choice = self.choices.octet()?;
        event.kind = u32::from(choice % 9);
        event.uri = octets(ALICE);
        event.kms = octets(KMS);
        event.octets = octets(&datagram);
        event.form.services = u32::from(choice >> 5);
        event.form.text = octets(&datagram[..datagram.len().min(usize::from(choice))]);
        let mut bend = Bend::draw(&mut self.choices)?;
        let (env, now, held) = (self.env(ptr::null()), self.time(), &self.mcx);
        let client = held.client.at();
        let watch = Watch::default().on(&held.client).on(&held.action);
        // SAFETY: as above.
        let status = unsafe {
            castkey_mcx_client_handle(
                bend.at(client),
                bend.read(&raw const env),
                bend.read(&raw const entity),
                bend.read(&raw const event),
                now,
                bend.output(self.out.at(), client).cast(),
                bend.size(OUT),
                bend.output(held.action.at(), client),
            )
        };
        if self.judge(status, &bend, &watch) {
            assert!(self.mcx.client.is_live(), "a call with what is no object");
        }
        Some(())
    }

    fn mcx_server_handle(&mut self) -> Option<()> {
        let datagram = self.datagram()?;
        let list = [self.mcx.kms.at().cast_const()];
        let entity = self.entity(&list)?;
        // SAFETY: a structure of integers and pointers that may be NULL.
        let mut event: castkey_mcx_server_event = unsafe { zeroed() };
        let choice = self.choices.octet()?;
        event.kind = u32::from(choice % 8);
        event.user = octets(ALICE);
        event.impu = octets(ALICE);
        event.kms = octets(KMS);
        event.octets = octets(&datagram);
        event.musik = if choice & 64 == 0 { self.mcx.musik.at() } else { ptr::null() };
        let table = castkey_mcx_table {
            row: Some(row),
            owner: (choice < 250).then_some(owner as _),
            who: None,
            user: self.mcx.user.at().cast(),
        };
        let mut bend = Bend::draw(&mut self.choices)?;
        let (env, now, held) = (self.env(ptr::null()), self.time(), &self.mcx);
        let server = held.server.at();
        let watch = Watch::default().on(&held.server).on(&held.user).on(&held.action);
        // SAFETY: as above.
        let status = unsafe {
            castkey_mcx_server_handle(
                bend.at(server),
                bend.read(&raw const env),
                bend.read(&raw const entity),
                bend.read(&raw const table),
                bend.read(&raw const event),
                now,
                bend.output(self.out.at(), server).cast(),
                bend.size(OUT),
                bend.output(held.action.at(), server),
            )
        };
        if self.judge(status, &bend, &watch) {
            assert!(self.mcx.server.is_live(), "a call with what is no object");
        }
        Some(())
    }

    /// Packets from one end to the other.
    fn mcx_srtcp(&mut self) -> Option<()> {
        let (which, datagram) = (self.choices.below(8)?, self.datagram()?);
        let plain = [0x80, 204, 0, 2, 0, 0, 0, 4 + (which & 1), b'M', b'C', b'P', b'T'];
        let mut bend = Bend::draw(&mut self.choices)?;
        let (env, held) = (self.env(ptr::null()), &self.mcx);
        let end = &held.ends[usize::from(which & 1)];
        let watch = Watch::default().on(&held.srtcp_keys).on(&self.number).on(end);
        let (number, out) = (self.number.at(), self.out.at());
        // SAFETY: as above.
        let status = unsafe {
            match which {
                0..2 => {
                    castkey_mcx_srtcp_next_index(bend.read(end.at()), bend.output(number, end.at()).cast())
                }
                2 | 3 => {
                    let (at, env) = (bend.at(end.at()), bend.read(&raw const env));
                    castkey_mcx_srtcp_forget(at, env, 0x2000_0001)
                }
                _ => {
                    let (at, env) = (bend.at(end.at()), bend.read(&raw const env));
                    let keys = bend.read(held.srtcp_keys.at());
                    let f = if which < 6 { castkey_mcx_srtcp_protect } else { castkey_mcx_srtcp_unprotect };
                    let from: &[u8] = if which < 6 { &plain } else { &datagram };
                    let (from, len) = (from.as_ptr(), bend.size(from.len()));
                    let (to, cap) = (bend.output(out, held.srtcp_keys.at()).cast(), bend.size(OUT));
                    f(at, env, keys, from, len, to, cap, bend.output(number, end.at()).cast())
                }
            }
        };
        // A peer that sends as this end is remembered.
        if status == CASTKEY_ERR_MCX_SSRC_COLLISION {
            return Some(());
        }
        if self.judge(status, &bend, &watch) && (4..6).contains(&which) {
            let len = self.count();
            self.keep(0, u32::try_from(len).expect("a packet is short"));
        }
        Some(())
    }

    /// Keys that a client or a server has, and those between servers.
    fn mcx_keys(&mut self) -> Option<()> {
        let (which, datagram, choice) = (self.choices.below(8)?, self.datagram()?, self.choices.octet()?);
        let id = u32::from(choice & 7) << 28 | u32::from(choice >> 4);
        let mut bend = Bend::draw(&mut self.choices)?;
        let (env, now, held) = (self.env(ptr::null()), self.time(), &self.mcx);
        let (client, server) = (held.client.at(), held.server.at());
        let watch = Watch::default().on(&held.client).on(&held.musik).on(&held.key);
        // It is large.
        let watch = if matches!(which, 4..7) { watch } else { watch.on(&held.server) };
        let watch = watch.on(&held.xml).on(&held.srtcp_keys).on(&self.number);
        // SAFETY: structures of integers and pointers that may be NULL.
        let form: castkey_mcx_form = unsafe { zeroed() };
        let (uri, uri_len, env) = (ALICE.as_ptr(), ALICE.len(), &raw const env);
        let keys = (held.srtcp_keys.at(), CASTKEY_MCX_SRTCP_KEYS_SIZE);
        // SAFETY: as above.
        let status = unsafe {
            match which {
                0 => {
                    let (at, env) = (bend.at(server), bend.read(env));
                    castkey_mcx_server_install_spk(at, env, id, bend.read([choice; 16].as_ptr()))
                }
                1 => castkey_mcx_server_remove_spk(bend.at(server), bend.read(env), id),
                2 => {
                    let (at, len) = (bend.read(server), bend.size(uri_len));
                    castkey_mcx_server_spk_xml(at, id, uri, len, bend.output(held.xml.at(), server))
                }
                3 => {
                    let (server, env) = (bend.read(server), bend.read(env));
                    let (form, at) = (bend.read(&raw const form), bend.at(held.musik.at()));
                    let size = bend.size(CASTKEY_MCX_MUSIK_SIZE);
                    let algorithm = u32::from(choice & 3);
                    castkey_mcx_server_new_musik(server, env, algorithm, form, ptr::null(), 0, now, at, size)
                }
                4 => castkey_mcx_client_csk(bend.read(client), now, bend.output(held.key.at(), client)),
                5 => {
                    let (at, size) = (bend.read(client), bend.size(keys.1));
                    castkey_mcx_client_uplink_srtcp(at, u32::from(choice & 3), now, bend.at(keys.0), size)
                }
                6 => {
                    let (client, len) = (bend.read(client), bend.size(datagram.len()));
                    let (from, how) = (datagram.as_ptr(), u32::from(choice & 3));
                    let (at, size) = (bend.at(keys.0), bend.size(keys.1));
                    castkey_mcx_client_received_srtcp(client, from, len, how, 1, now, at, size)
                }
                _ => {
                    let (server, musik) = (bend.read(server), bend.read(held.musik.at()));
                    let (at, size) = (bend.output(keys.0, held.server.at()), bend.size(keys.1));
                    castkey_mcx_server_musik_srtcp(server, musik, u32::from(choice & 3), 1, now, at, size)
                }
            }
        };
        self.judge(status, &bend, &watch);
        Some(())
    }

    /// Certificates and keys that are refused before any point is looked at.
    fn mcx_prepare(&mut self) -> Option<()> {
        let (which, choice) = (self.choices.below(3)?, self.choices.octet()?);
        // SAFETY: structures of integers and pointers that may be NULL.
        let (mut certificate, set): (castkey_mcx_certificate, castkey_mcx_key_set) = unsafe { zeroed() };
        certificate.kms_uri = octets(KMS);
        certificate.user_id_format = u32::from(choice & 3);
        certificate.parameter_set = u32::from(choice >> 2 & 1);
        certificate.period_s = u64::from(choice >> 3);
        let mut bend = Bend::draw(&mut self.choices)?;
        let (now, held) = (self.time(), &self.mcx);
        let watch = Watch::default().making(&held.kms).making(&held.keys);
        // SAFETY: as above.
        let status = unsafe {
            match which {
                0 => castkey_mcx_certificate_check(bend.read(&raw const certificate), now),
                1 => {
                    let (at, size) = (bend.at(held.kms.at()), bend.size(CASTKEY_MCX_KMS_SIZE));
                    castkey_mcx_kms_prepare(at, size, bend.read(&raw const certificate), now)
                }
                _ => {
                    let (at, size) = (bend.at(held.keys.at()), bend.size(CASTKEY_MCX_KEYS_SIZE));
                    castkey_mcx_keys_prepare(at, size, bend.read(held.kms.at()), bend.read(&raw const set))
                }
            }
        };
        assert_ne!(status, CASTKEY_OK, "no key is there");
        self.judge(status, &bend, &watch);
        Some(())
    }

    fn mcx_numbers(&mut self) -> Option<()> {
        let (which, datagram, choice) = (self.choices.below(3)?, self.datagram()?, self.choices.octet()?);
        let mut bend = Bend::draw(&mut self.choices)?;
        let (now, number) = (self.time(), self.number.at());
        let watch = Watch::default().on(&self.number);
        let (from, period) = (datagram.as_ptr(), u64::from(choice));
        // SAFETY: as above.
        let status = unsafe {
            match which {
                0 => castkey_mcx_srtcp_key_id(from, bend.size(datagram.len()), bend.at(number).cast()),
                1 => castkey_mcx_key_period(period, period / 2, now, bend.at(number).cast()),
                _ => {
                    let len = bend.size(datagram.len());
                    let uid = bend.at(self.out.at()).cast();
                    castkey_mcx_uid(from, len, KMS.as_ptr(), KMS.len(), period, 0, period, uid)
                }
            }
        };
        self.judge(status, &bend, &watch);
        Some(())
    }
}
