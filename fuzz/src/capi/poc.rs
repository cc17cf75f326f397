//! OMA PoC: a server with one member, its distribution, and the client.

use core::mem::zeroed;
use core::ptr;

use castkey_capi::*;

use super::bend::Bend;
use super::room::{Room, Watch, object};
use super::{OUT, World, copied, octets, wiped};

const ACTIONS: usize = CASTKEY_MAX_ACTIONS;
const CLIENT_ACTIONS: usize = CASTKEY_POC_MAX_CLIENT_ACTIONS;

object!(castkey_poc_client, castkey_poc_client_size, castkey_poc_client_wipe, |at| {
    let mut deadline = 0;
    castkey_poc_client_deadline(at, &raw mut deadline)
});
object!(castkey_poc_server, castkey_poc_server_size, castkey_poc_server_wipe, |at| {
    let mut session: castkey_poc_session = zeroed();
    castkey_poc_server_session(at, &raw mut session)
});
object!(castkey_poc_leg, castkey_poc_leg_size, castkey_poc_leg_wipe, |at| {
    let mut member: castkey_poc_member = zeroed();
    castkey_poc_leg_member(at, &raw mut member)
});
object!(castkey_poc_distribution, castkey_poc_distribution_size, castkey_poc_distribution_wipe, |at| {
    let mut deadline = 0;
    castkey_poc_distribution_deadline(at, &raw mut deadline)
});

#[derive(Default)]
pub(super) struct Objects {
    client: Room<castkey_poc_client>,
    server: Room<castkey_poc_server>,
    leg: Room<castkey_poc_leg>,
    distribution: Room<castkey_poc_distribution>,
    client_actions: Room<[castkey_poc_client_action; CLIENT_ACTIONS]>,
    server_actions: Room<[castkey_poc_server_action; ACTIONS]>,
    distribution_actions: Room<[castkey_poc_distribution_action; ACTIONS]>,
    msk: Room<castkey_poc_msk>,
    session: Room<castkey_poc_session>,
    name: Room<castkey_name>,
    mtk: Room<castkey_mtk>,
    indication: Option<castkey_poc_indication>,
    wanted: Option<castkey_name>,
}

/// Octets of the counter of refused packets, which goes up with an error.
const REFUSED: usize = 4;

fn channel() -> castkey_poc_channel {
    // SAFETY: a structure of integers.
    let mut channel: castkey_poc_channel = unsafe { zeroed() };
    channel.domain = [0x32, 0xF4, 0x51];
    channel.groups = [1, 9];
    channel
}

impl World<'_> {
    pub(super) fn poc_call(&mut self, kind: u8) -> Option<()> {
        match kind {
            0 | 1 => self.poc_init(),
            2..5 => self.poc_client_handle(),
            5 => self.poc_bootstrapped(),
            6 | 7 => self.poc_server_handle(),
            8..11 => self.poc_leg_handle(),
            11 | 12 => self.poc_distribution_handle(),
            13 | 14 => self.poc_looks(),
            _ => {
                match self.choices.below(8)? {
                    0 => copied(&self.poc.client),
                    1 => copied(&self.poc.server),
                    2 => copied(&self.poc.leg),
                    3 => copied(&self.poc.distribution),
                    4 => wiped(&self.poc.client),
                    5 => wiped(&self.poc.server),
                    6 => wiped(&self.poc.leg),
                    _ => wiped(&self.poc.distribution),
                }
                Some(())
            }
        }
    }

    fn poc_init(&mut self) -> Option<()> {
        // SAFETY: structures of integers.
        let (mut of_client, mut of_server, mut of_distribution): (
            castkey_poc_client_config,
            castkey_poc_server_config,
            castkey_poc_distribution_config,
        ) = unsafe { zeroed() };
        // SAFETY: the one argument is there.
        unsafe {
            assert_eq!(castkey_poc_client_config_default(&raw mut of_client), CASTKEY_OK);
            assert_eq!(castkey_poc_server_config_default(&raw mut of_server), CASTKEY_OK);
            assert_eq!(castkey_poc_distribution_config_default(&raw mut of_distribution), CASTKEY_OK);
        }
        (of_client.channel, of_server.channel, of_distribution.channel) = (channel(), channel(), channel());
        let (which, choice) = (self.choices.below(4)?, self.choices.octet()?);
        if choice >= 200 {
            of_client.coding.subtype = u32::from(choice - 200);
            of_server.confirm = u32::from(choice & 3);
            of_distribution.suite = u32::from(choice & 3);
        }
        let mut bend = Bend::draw(&mut self.choices)?;
        let (env, held) = (self.env(ptr::null()), &self.poc);
        let watch =
            Watch::default().on(&held.client).making(&held.server).on(&held.leg).on(&held.distribution);
        // SAFETY: memory that is as long as it is said to be.
        let status = unsafe {
            match which {
                0 => {
                    let (at, size) = (bend.at(held.client.at()), bend.size(CASTKEY_POC_CLIENT_SIZE));
                    castkey_poc_client_init(at, size, bend.read(&raw const of_client))
                }
                1 => {
                    let (at, size) = (bend.at(held.server.at()), bend.size(CASTKEY_POC_SERVER_SIZE));
                    let env = bend.read(&raw const env);
                    castkey_poc_server_init(at, size, env, bend.read(&raw const of_server))
                }
                2 => {
                    let at = bend.at(held.distribution.at());
                    let size = bend.size(CASTKEY_POC_DISTRIBUTION_SIZE);
                    castkey_poc_distribution_init(at, size, bend.read(&raw const of_distribution))
                }
                _ => castkey_poc_leg_init(bend.at(held.leg.at()), bend.size(CASTKEY_POC_LEG_SIZE)),
            }
        };
        if self.judge(status, &bend, &watch) {
            match which {
                0 => self.poc.client.set_live(true),
                1 => self.poc.server.set_live(true),
                2 => self.poc.distribution.set_live(true),
                _ => self.poc.leg.set_live(true),
            }
        }
        Some(())
    }

    fn poc_bootstrapped(&mut self) -> Option<()> {
        let (id, muk) = (super::mbms::muk_id(self.choices.below(2)?), self.muk()?);
        let mut bend = Bend::draw(&mut self.choices)?;
        let (env, client) = (self.env(ptr::null()), &self.poc.client);
        let watch = Watch::default().on(client);
        // SAFETY: as above.
        let status = unsafe {
            let (at, env) = (bend.at(client.at()), bend.read(&raw const env));
            let id = bend.read(&raw const id);
            castkey_poc_client_bootstrapped(at, env, id, bend.read(&raw const muk))
        };
        self.judge(status, &bend, &watch);
        Some(())
    }

    fn poc_client_handle(&mut self) -> Option<()> {
        let (first, second) = (self.datagram()?, self.datagram()?);
        // SAFETY: a structure of integers and pointers that may be NULL.
        let mut event: castkey_poc_client_event = unsafe { zeroed() };
        let choice = self.choices.octet()?;
        event.kind = u32::from(choice % 9);
        event.is_plain = u32::from(choice >> 7);
        event.name = self.name()?;
        event.octets = octets(&first);
        event.current = octets(&first);
        if choice & 16 != 0 {
            event.updated = octets(&second);
        }
        event.protocols = octets(b"mikey");
        let mut bend = Bend::draw(&mut self.choices)?;
        let (env, held) = (self.env(ptr::null()), &self.poc);
        let client = held.client.at();
        let watch = Watch::default().but(&held.client, REFUSED).on(&held.client_actions).on(&self.number);
        // SAFETY: as above.
        let status = unsafe {
            castkey_poc_client_handle(
                bend.at(client),
                bend.read(&raw const env),
                bend.read(&raw const event),
                self.now,
                bend.output(self.out.at(), client).cast(),
                bend.size(OUT),
                bend.at(held.client_actions.at()).cast(),
                bend.whole(CLIENT_ACTIONS),
                bend.output(self.number.at(), client).cast(),
            )
        };
        if !self.judge(status, &bend, &watch) {
            return Some(());
        }
        assert!(self.poc.client.is_live(), "a call with what is no object");
        let n = self.count();
        // SAFETY: so many were written.
        for action in &unsafe { self.poc.client_actions.at().read() }[..n] {
            if action.kind == CASTKEY_POC_ANSWER && action.len > 0 {
                self.keep(action.offset, action.len);
            }
        }
        Some(())
    }

    fn poc_server_handle(&mut self) -> Option<()> {
        // SAFETY: a structure of integers.
        let mut event: castkey_poc_session_event = unsafe { zeroed() };
        let choice = self.choices.octet()?;
        event.kind = u32::from(choice % 15);
        event.reason = u32::from(self.choices.below(14)?);
        event.dedicated = u32::from(choice >> 7);
        event.name = self.poc.wanted.unwrap_or(self.name()?);
        let mut bend = Bend::draw(&mut self.choices)?;
        let (env, held) = (self.env(ptr::null()), &self.poc);
        let server = held.server.at();
        let watch = Watch::default().on(&held.server).on(&held.server_actions).on(&self.number);
        // SAFETY: as above.
        let status = unsafe {
            castkey_poc_server_handle(
                bend.at(server),
                bend.read(&raw const env),
                bend.read(&raw const event),
                self.now,
                bend.at(held.server_actions.at()).cast(),
                bend.whole(ACTIONS),
                bend.output(self.number.at(), server).cast(),
            )
        };
        if self.judge(status, &bend, &watch) {
            self.poc_server_did();
        }
        Some(())
    }

    fn poc_leg_handle(&mut self) -> Option<()> {
        let user = self.user()?;
        // SAFETY: a structure of integers.
        let mut event: castkey_poc_leg_event = unsafe { zeroed() };
        let choice = self.choices.octet()?;
        event.kind = u32::from(choice % 13);
        event.confirmed = u32::from(choice >> 7);
        event.failure = u32::from(choice >> 4 & 7);
        event.status = 488;
        let mut bend = Bend::draw(&mut self.choices)?;
        let (env, held) = (self.env(ptr::null()), &self.poc);
        let server = held.server.at();
        let watch = Watch::default().on(&held.server).on(&held.leg).on(&held.server_actions).on(&self.number);
        // SAFETY: as above.
        let status = unsafe {
            castkey_poc_server_handle_leg(
                bend.at(server),
                bend.at(held.leg.at()),
                bend.read(&raw const env),
                bend.read(&raw const user),
                bend.read(&raw const event),
                self.now,
                bend.output(self.out.at(), server).cast(),
                bend.size(OUT),
                bend.at(held.server_actions.at()).cast(),
                bend.whole(ACTIONS),
                bend.output(self.number.at(), server).cast(),
            )
        };
        if self.judge(status, &bend, &watch) {
            assert!(self.poc.leg.is_live(), "a call with what is no object");
            self.poc_server_did();
        }
        Some(())
    }

    fn poc_server_did(&mut self) {
        assert!(self.poc.server.is_live(), "a call with what is no object");
        let n = self.count();
        // SAFETY: so many were written.
        for action in &unsafe { self.poc.server_actions.at().read() }[..n] {
            match action.kind {
                CASTKEY_POC_SAVE_COUNTER => self.save_counter(action.counter),
                CASTKEY_POC_DELIVER_MSK if action.len > 0 => self.keep(action.offset, action.len),
                CASTKEY_POC_REQUEST_UPDATE => self.poc.wanted = Some(action.name),
                CASTKEY_POC_SEND_INDICATION => self.poc.indication = Some(action.indication),
                _ => {}
            }
        }
    }

    fn poc_distribution_handle(&mut self) -> Option<()> {
        // SAFETY: a structure of integers and pointers that may be NULL.
        let mut event: castkey_poc_distribution_event = unsafe { zeroed() };
        let choice = self.choices.octet()?;
        event.kind = u32::from(choice % 7);
        event.msk = if choice & 64 == 0 { self.poc.msk.at() } else { ptr::null() };
        if let Some(indication) = self.poc.indication {
            event.indication = indication;
        }
        let mut bend = Bend::draw(&mut self.choices)?;
        let (env, held) = (self.env(ptr::null()), &self.poc);
        let at = held.distribution.at();
        let watch = Watch::default().on(&held.distribution).on(&held.distribution_actions).on(&self.number);
        // SAFETY: as above.
        let status = unsafe {
            castkey_poc_distribution_handle(
                bend.at(at),
                bend.read(&raw const env),
                bend.read(&raw const event),
                self.now,
                bend.output(self.out.at(), at).cast(),
                bend.size(OUT),
                bend.at(held.distribution_actions.at()).cast(),
                bend.whole(ACTIONS),
                bend.output(self.number.at(), at).cast(),
            )
        };
        if !self.judge(status, &bend, &watch) {
            return Some(());
        }
        assert!(self.poc.distribution.is_live(), "a call with what is no object");
        let n = self.count();
        // SAFETY: so many were written.
        for action in &unsafe { self.poc.distribution_actions.at().read() }[..n] {
            if matches!(action.kind, CASTKEY_POC_MULTICAST_MIKEY | CASTKEY_POC_MULTICAST_MBCP) {
                self.keep(action.offset, action.len);
            }
        }
        Some(())
    }

    fn poc_looks(&mut self) -> Option<()> {
        let (which, name, datagram) = (self.choices.below(7)?, self.name()?, self.datagram()?);
        let (name, user) = (self.poc.wanted.unwrap_or(name), self.user()?);
        let mut bend = Bend::draw(&mut self.choices)?;
        let (env, held) = (self.env(ptr::null()), &self.poc);
        let (client, server, at) = (held.client.at(), held.server.at(), held.distribution.at());
        let watch = Watch::default().on(&held.client).on(&held.server).on(&held.distribution);
        let watch = watch.on(&held.msk).on(&held.session).on(&held.name).on(&held.mtk).on(&self.number);
        let (name, number) = (&raw const name, self.number.at());
        // SAFETY: as above.
        let status = unsafe {
            match which {
                0 => {
                    let (client, name) = (bend.read(client), bend.read(name));
                    castkey_poc_client_mtk(client, name, bend.output(held.mtk.at(), held.client.at()))
                }
                1 => castkey_poc_client_refused(bend.read(client), bend.output(number, client).cast()),
                2 => {
                    let (at, name) = (bend.read(server), bend.read(name));
                    castkey_poc_server_msk(at, name, bend.output(held.msk.at(), server))
                }
                3 => castkey_poc_server_session(bend.read(server), bend.output(held.session.at(), server)),
                4 => {
                    let (distribution, name) = (bend.read(at), bend.output(held.name.at(), at));
                    castkey_poc_distribution_traffic(distribution, name, bend.output(held.mtk.at(), at))
                }
                5 => {
                    let (leg, user) = (bend.read(held.leg.at()), bend.read(&raw const user));
                    let (env, server) = (bend.read(&raw const env), bend.read(server));
                    let (from, len) = (datagram.as_ptr(), bend.size(datagram.len()));
                    let to = bend.output(number, held.server.at()).cast();
                    castkey_poc_server_confirms(server, leg, env, user, from, len, ptr::null(), 0, to)
                }
                _ => {
                    let (env, distribution) = (bend.read(&raw const env), bend.at(at));
                    let (from, len) = (datagram.as_ptr(), bend.size(datagram.len()));
                    let (to, cap) = (bend.output(self.out.at(), at).cast(), bend.size(OUT));
                    let number = bend.output(number, at).cast();
                    castkey_poc_distribution_protect_mbcp(distribution, env, from, len, to, cap, number)
                }
            }
        };
        if self.judge(status, &bend, &watch) && which == 6 {
            let len = self.count();
            self.keep(0, u32::try_from(len).expect("a packet is short"));
        }
        Some(())
    }
}
