//! Ours against quick-xml: what ours takes, the other takes too, and reads the same.

use core::net::{IpAddr, SocketAddr};

use castkey::id::MskName;
use castkey::ims::xml::{
    MskRequest, MskResponse, NafKeyInfo, RegisterResponse, SecurityDescription, ServiceList, XmlError,
    XmlSettings, authorize, btid, deregister, register,
};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use super::generator::{KINDS, Kind, REGISTRATION, document, mutate, noise};
use super::reference::{self, Node};
use super::{DEFAULT, STRICT};

fn msk(name: MskName) -> String {
    format!("{:?}/{:?}", name.domain, name.id)
}

fn services(list: &ServiceList<'_>) -> Vec<String> {
    list.iter().map(|service| service.as_str().to_owned()).collect()
}

/// What `body` says, as ours reads it.
fn ours(kind: Kind, body: &[u8], settings: XmlSettings) -> Result<Vec<String>, XmlError> {
    Ok(match kind {
        Kind::BTid => vec![btid::decode(body, settings)?.as_str().to_owned()],
        Kind::Register => services(&register::decode(body, settings)?),
        Kind::Deregister => services(&deregister::decode(body, settings)?),
        Kind::Authorize => services(&authorize::decode(body, settings)?),
        Kind::RegisterResponse => {
            let read = RegisterResponse::decode(body, settings)?;
            read.iter().map(|(service, code)| format!("{service} {}", code.code())).collect()
        }
        Kind::MskRequest => {
            MskRequest::decode(body, settings)?.names().iter().map(|name| msk(*name)).collect()
        }
        Kind::MskResponse => {
            let read = MskResponse::decode(body, settings)?;
            read.items().iter().map(|(name, code)| format!("{} {}", msk(*name), code.code())).collect()
        }
        Kind::NafKeyInfo => {
            let read = NafKeyInfo::decode(body, settings)?;
            let mut facts = vec![
                read.ue_address.as_str().to_owned(),
                hex::encode(read.muk.secret().expose()),
                format!("{:?}", read.muk_life_time),
                read.btid.as_str().to_owned(),
                read.naf_fqdn.as_str().to_owned(),
            ];
            facts.extend(services(&read.services));
            facts
        }
        Kind::Description => {
            let read = SecurityDescription::<8, 16>::decode(body, settings)?;
            let mut facts = vec![
                format!("{} {} {}", read.confidentiality, read.integrity, read.uicc_key_management),
                format!("{} {}", read.offset_time_s, read.random_time_period_s),
            ];
            facts.extend(read.servers().iter().map(|server| format!("server {server}")));
            facts.extend(read.flows().iter().map(|entry| {
                let group = entry.group.map_or("none".to_owned(), |group| format!("{group:?}"));
                format!("flow {} {group}", entry.flow)
            }));
            facts.extend(read.fec.map(|fec| {
                let id = fec.encoding_id.map_or(String::new(), |id| id.to_string());
                format!("fec {id} {}", fec.oti_extension.as_ref().map_or("", |text| text.as_str()))
            }));
            facts
        }
    })
}

fn octets(text: &str) -> Option<Vec<u8>> {
    let text: Vec<u8> = text.bytes().filter(|c| !b" \t\r\n".contains(c)).collect();
    let symbols = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(&text);
    let (mut bits, mut count, mut octets) = (0_u32, 0, Vec::new());
    for symbol in symbols {
        let value = match symbol {
            b'A'..=b'Z' => symbol - b'A',
            b'a'..=b'z' => symbol - b'a' + 26,
            b'0'..=b'9' => symbol - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        (bits, count) = (bits << 6 | u32::from(value), count + 6);
        if count >= 8 {
            count -= 8;
            octets.push((bits >> count) as u8);
        }
    }
    Some(octets)
}

fn hex_of(text: &str) -> Option<String> {
    octets(text).map(hex::encode)
}

/// The tree with only what a strict reader sees, or all of it.
struct Tree<'a> {
    namespace: Option<&'a str>,
    services_in: Option<&'a str>,
}

impl<'a> Tree<'a> {
    fn all(&self, node: &'a Node, local: &'a str) -> Vec<&'a Node> {
        let namespace = if local == "serviceId" { self.services_in } else { self.namespace };
        node.all(local)
            .filter(|child| namespace.is_none() || child.namespace.as_deref() == namespace)
            .collect()
    }

    fn one(&self, node: &'a Node, local: &'a str) -> Option<&'a str> {
        match self.all(node, local)[..] {
            [child] if child.children.is_empty() => Some(child.value()),
            _ => None,
        }
    }

    fn first(&self, node: &'a Node, local: &'a str) -> Option<&'a str> {
        self.all(node, local).first().map(|child| child.value())
    }

    fn msk(&self, node: &'a Node) -> Option<String> {
        Some(format!("{}/{}", hex_of(self.one(node, "keyDomainID")?)?, hex_of(self.one(node, "MSKID")?)?))
    }

    fn services(&self, root: &'a Node) -> Vec<String> {
        self.all(root, "serviceId").iter().map(|node| node.value().to_owned()).collect()
    }

    fn description(&self, root: &'a Node) -> Option<Vec<String>> {
        let managed = self.all(root, "keyManagement");
        let managed = managed.first();
        let on = |node: Option<&&Node>, name: &str| {
            let text = node.and_then(|node| node.attribute(name))?;
            Some(matches!(text, "true" | "1"))
        };
        let flag = |name| on(Some(&root), name).unwrap_or(true);
        let uicc = on(Some(&root), "uiccKeyManagement").or(on(managed, "uiccKeyManagement")).unwrap_or(true);
        let seconds = |name| {
            managed.and_then(|node| node.attribute(name)).map_or(Some(0), |text| text.parse::<u32>().ok())
        };
        let mut facts = vec![
            format!("{} {} {uicc}", flag("confidentialityProtection"), flag("integrityProtection")),
            format!("{} {}", seconds("offsetTime")?, seconds("randomTimePeriod")?),
        ];
        for server in managed.map(|node| self.all(node, "serverURI")).unwrap_or_default() {
            facts.push(format!("server {}", server.value()));
        }
        for media in self.all(root, "keyId").into_iter().flat_map(|node| self.all(node, "mediaFlow")) {
            let text = media.attribute("flowID").or_else(|| self.one(media, "flowID"))?;
            let (address, port) = text.split_at(text.rfind(['/', ':'])?);
            let address: IpAddr = address.trim_start_matches('[').trim_end_matches(']').parse().ok()?;
            let flow = SocketAddr::new(address, port[1..].parse().ok()?);
            let group = match self.all(media, "MSK")[..] {
                [] => "none".to_owned(),
                [msk] => self.msk(msk)?[..11].to_owned(),
                _ => return None,
            };
            facts.push(format!("flow {flow} {group}"));
        }
        facts.extend(self.all(root, "fecProtection").first().map(|fec| {
            let id = fec
                .attribute("fecEncodingID")
                .map_or(String::new(), |id| id.parse::<u64>().unwrap().to_string());
            format!("fec {id} {}", fec.attribute("fecOtiExtension").unwrap_or_default())
        }));
        Some(facts)
    }
}

/// What `body` says, as quick-xml reads it; `None` when it does not say everything.
fn theirs(kind: Kind, root: &Node, strict: bool) -> Option<Vec<String>> {
    let (name, namespace) = kind.names();
    if root.local != name || (strict && root.namespace.as_deref() != Some(namespace)) {
        return None;
    }
    let services_in = if kind == Kind::NafKeyInfo { REGISTRATION } else { namespace };
    let tree = Tree {
        namespace: Some(namespace).filter(|_| strict),
        services_in: Some(services_in).filter(|_| strict),
    };
    Some(match kind {
        Kind::BTid => vec![tree.one(root, "btid")?.to_owned()],
        Kind::Register | Kind::Deregister | Kind::Authorize => tree.services(root),
        Kind::RegisterResponse => {
            let items = tree.all(root, "Response").into_iter().map(|item| {
                Some(format!("{} {}", tree.one(item, "serviceId")?, tree.one(item, "responseCode")?))
            });
            items.collect::<Option<_>>()?
        }
        Kind::MskRequest => {
            tree.all(root, "MSK").into_iter().map(|item| tree.msk(item)).collect::<Option<_>>()?
        }
        Kind::MskResponse => {
            let items = tree
                .all(root, "Response")
                .into_iter()
                .map(|item| Some(format!("{} {}", tree.msk(item)?, tree.one(item, "responseCode")?)));
            items.collect::<Option<_>>()?
        }
        Kind::NafKeyInfo => {
            let fqdn = tree.first(root, "nafFqdn")?;
            let decoded = octets(fqdn).and_then(|octets| String::from_utf8(octets).ok());
            let decoded = decoded.filter(|host| !fqdn.contains('.') && host.contains('.'));
            let mut facts = vec![
                tree.first(root, "ueIPaddress")?.to_owned(),
                hex_of(tree.one(root, "muk")?)?,
                tree.one(root, "mukLifeTime")?.to_owned(),
                tree.one(root, "btid")?.to_owned(),
                decoded.unwrap_or_else(|| fqdn.to_owned()),
            ];
            facts.extend(tree.services(root));
            facts
        }
        Kind::Description => tree.description(root)?,
    })
}

/// Whether ours takes `body`; if so, quick-xml must too, and read the same.
fn agrees(kind: Kind, body: &[u8], settings: XmlSettings) -> bool {
    let Ok(read) = ours(kind, body, settings) else { return false };
    let text = String::from_utf8_lossy(body);
    let root = reference::read(body).unwrap_or_else(|e| panic!("only ours takes this, {e}:\n{text}"));
    let other = theirs(kind, &root, settings.strict_namespaces);
    assert_eq!(Some(read), other, "{kind:?}\n{text}");
    true
}

#[test]
fn every_generated_document_reads_as_it_was_meant_and_as_quick_xml_reads_it() {
    for seed in 0..300 {
        let mut rng = StdRng::seed_from_u64(seed);
        for kind in KINDS {
            let (body, facts) = document(&mut rng, kind);
            if body.len() > 16_384 {
                continue;
            }
            for settings in [DEFAULT, STRICT] {
                let read = ours(kind, &body, settings);
                assert_eq!(
                    read.as_ref(),
                    Ok(&facts),
                    "seed {seed} {kind:?}\n{}",
                    String::from_utf8_lossy(&body)
                );
                assert!(agrees(kind, &body, settings));
            }
        }
    }
}

#[test]
fn whatever_is_taken_of_mutated_documents_quick_xml_reads_the_same() {
    let (mut taken, mut refused) = (0_u32, 0_u32);
    for seed in 1_000..1_300 {
        let mut rng = StdRng::seed_from_u64(seed);
        for kind in KINDS {
            let (body, _) = document(&mut rng, kind);
            for _ in 0..12 {
                let mut body = body.clone();
                mutate(&mut rng, &mut body);
                let settings = if rng.random() { DEFAULT } else { STRICT };
                if agrees(kind, &body, settings) { taken += 1 } else { refused += 1 }
            }
        }
    }
    // Neither side of the property is empty.
    assert!(taken > 5_000 && refused > 5_000, "{taken} taken, {refused} refused");
}

#[test]
fn noise_is_refused_or_read_alike_by_every_decoder() {
    let mut rng = StdRng::seed_from_u64(7);
    for _ in 0..3_000 {
        let len = rng.random_range(0..400);
        let mut body = noise(&mut rng, len);
        if rng.random() {
            // Inside a document, so that more than the first tag is looked at.
            let kind = KINDS.choose(&mut rng).unwrap();
            let (root, namespace) = kind.names();
            let start = format!("<{root} xmlns='{namespace}'>");
            body.splice(0..0, start.bytes());
            body.extend(format!("</{root}>").bytes());
        }
        for kind in KINDS {
            agrees(kind, &body, DEFAULT);
        }
    }
}

#[test]
fn every_truncation_and_every_flipped_bit_is_refused_or_read_alike() {
    for kind in KINDS {
        let mut rng = StdRng::seed_from_u64(42);
        // The longest of few, but not so long that the product of octets and bits takes minutes.
        let bodies = (0..20).map(|_| document(&mut rng, kind).0).filter(|body| body.len() < 1_200);
        let body = bodies.max_by_key(Vec::len).unwrap();
        assert!(agrees(kind, &body, DEFAULT));
        // Behind the root only blanks and a comment are left to lose.
        let root_end = body.iter().rposition(|octet| *octet == b'/').unwrap();
        for len in 0..body.len() {
            assert!(!agrees(kind, &body[..len], DEFAULT) || len > root_end, "{kind:?} {len}");
        }
        for at in 0..body.len() {
            for bit in 0..8 {
                let mut flipped = body.clone();
                flipped[at] ^= 1 << bit;
                agrees(kind, &flipped, DEFAULT);
            }
        }
    }
}
