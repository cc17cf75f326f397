//! H5, H6 and H7: built from what a dialog knows, and sent one after the other over one connection.

use bytes::Bytes;
use castkey::ims::facts::StatusCode;
use castkey::ims::request::{Catalogue, METHOD, RequestKind, write_asserted};
use castkey::ims::xml::{self, MAX_BODY_LEN, MskRequest, NafKeyInfo, ServiceList, XmlSettings};
use castkey::ims::{Impu, NafFqdn, UeAddress};
use castkey::keys::KsNaf;
use castkey::secret::Secret;
use http_body_util::Full;
use hyper::Request;

use super::Scf;
use crate::Outcome;
use crate::plan::{BM_SC, SCF};
use crate::script::Diary;
use crate::sip::DialogId;

/// A request that waits for the connection.
pub(super) struct Post {
    dialog: DialogId,
    kind: RequestKind,
    user: Impu,
    body: Vec<u8>,
}

impl Post {
    pub(super) fn holds_a_key(&self) -> bool {
        self.kind == RequestKind::KeyProvisioning && self.body.iter().any(|octet| *octet != 0)
    }
}

impl Scf {
    /// Puts a request of this dialog behind the others.
    pub(super) fn post(&mut self, dialog: DialogId, kind: RequestKind, diary: &mut Diary) -> Outcome<()> {
        let clock = self.clock;
        let mut out = vec![0; MAX_BODY_LEN];
        let row = self.row(dialog)?;
        let user = row.impu.clone().ok_or("a dialog without an identity")?;
        let (services, msks) = (row.services.clone(), row.asked.msks.clone());
        let list = ServiceList::new(&services)?;
        let numbers = msks.iter().map(|name| name.id.number.0).collect();
        let body = match kind {
            RequestKind::KeyProvisioning => {
                let muk: &[u8; 32] = row.machine.muk().ok_or("H5 without a key")?.export().try_into()?;
                let info = NafKeyInfo {
                    ue_address: UeAddress::new(&row.address.to_string())?,
                    muk: KsNaf::new(Secret::new(*muk)),
                    muk_life_time: clock.date(row.expires).ok_or("a Ks without end")?,
                    btid: row.machine.btid().ok_or("H5 without a B-TID")?.clone(),
                    naf_fqdn: NafFqdn::new(SCF)?,
                    services: list,
                };
                let body = info.encode(XmlSettings::default(), &mut out)?.to_vec();
                out.fill(0);
                body
            }
            RequestKind::AuthorizedMskRequest => MskRequest::new(msks)?.encode(&mut out)?.to_vec(),
            RequestKind::Deauthorization => xml::deregister::encode(&list, &mut out)?.to_vec(),
            other => return Err(format!("the SCF of this variant does not send {other:?}").into()),
        };
        if kind == RequestKind::AuthorizedMskRequest {
            self.counts.last_h6 = numbers;
        }
        diary.note(format!("SCF: POST {} for {user}", Catalogue::DEFAULT.spelling(kind).request_type));
        self.posts.push(Post { dialog, kind, user, body });
        Ok(())
    }

    /// The answer to H5 or H6 that has come, and the next request on its way.
    pub(super) fn turn_posts(&mut self) -> Outcome<Option<(DialogId, StatusCode)>> {
        let mut told = None;
        if let Some(status) = self.http.poll() {
            let status = status.ok_or("the UPF has hung up")?;
            let post = self.posted.take().ok_or("an answer to nothing")?;
            match post.kind {
                // Until it is answered with 200 the user gets keys.
                RequestKind::Deauthorization if status != 200 => self.posts.insert(0, post),
                RequestKind::Deauthorization => {}
                _ => told = Some((post.dialog, StatusCode::new(status).ok_or("no status code")?)),
            }
        }
        if self.http.is_free() && !self.posts.is_empty() {
            let mut post = self.posts.remove(0);
            self.http.send(request(post.kind, &post.user, &post.body)?);
            if post.kind == RequestKind::KeyProvisioning {
                post.body.fill(0);
            }
            self.posted = Some(post);
            let _ = self.http.poll();
        }
        Ok(told)
    }

    /// Wipes what is left of a key here. What the HTTP and TCP stacks copied is out of reach; in a network it was sealed
    /// by TLS before it got to the latter.
    pub(super) fn wipe(&mut self, dialog: DialogId) {
        let of_dialog = |post: &&mut Post| post.dialog == dialog && post.holds_a_key();
        self.posts.iter_mut().filter(of_dialog).for_each(|post| post.body.fill(0));
        self.counts.keys_wiped += 1;
    }
}

/// A request as HTTP has it: line and headers by the catalogue.
pub(crate) fn request(kind: RequestKind, user: &Impu, body: &[u8]) -> Outcome<Request<Full<Bytes>>> {
    let catalogue = Catalogue::DEFAULT;
    let (mut target, mut asserted) = ([0; 128], [0; 256]);
    Ok(Request::builder()
        .method(METHOD)
        .uri(catalogue.write_target(kind, &mut target)?)
        .header("Host", BM_SC)
        .header(kind.identity_header().name(), write_asserted(core::slice::from_ref(user), &mut asserted)?)
        .header("Content-Type", catalogue.spelling(kind).media_type)
        .body(Full::new(Bytes::copy_from_slice(body)))?)
}
