//! What is refused as a whole, and with which status (section by section the table of status codes).

use castkey::ims::xml::MAX_BODY_LEN;

use super::Stage;
use crate::Outcome;
use crate::names::BM_SC;
use crate::raw;

const H1_TYPE: &str = "application/mbms-authorize+xml";
const IDENTITY: &str = "\"sip:grace@home1.net\"";
const H1: &str = "POST /keymanagement?requesttype=authorize HTTP/1.1";

/// An H1 that may differ from a good one in one thing.
struct Probe<'a> {
    what: &'a str,
    line: &'a str,
    host: &'a str,
    media_type: Option<&'a str>,
    identity: Option<&'a str>,
    length: Length,
    body: &'a str,
    public: bool,
    status: u16,
}

#[derive(Clone, Copy)]
enum Length {
    True,
    None,
    Said(usize),
    Chunked,
}

/// One service in the only document that the SCF's H1 may carry.
const GOOD: &str = "<mbmsAuthorize xmlns=\"urn:3GPP:metadata:2005:MBMS:authorize\"><serviceId>urn:news</serviceId></mbmsAuthorize>";

const BASE: Probe<'static> = Probe {
    what: "",
    line: H1,
    host: BM_SC,
    media_type: Some(H1_TYPE),
    identity: Some(IDENTITY),
    length: Length::True,
    body: GOOD,
    public: false,
    status: 200,
};

pub(super) fn run(stage: &mut Stage<'_, '_>) -> Outcome<()> {
    stage.report.begin("Refusals");
    let services = |count: usize| {
        let ids: String = (0..count).map(|n| format!("<serviceId>urn:{n}</serviceId>")).collect();
        format!("<mbmsAuthorize xmlns=\"urn:3GPP:metadata:2005:MBMS:authorize\">{ids}</mbmsAuthorize>")
    };
    let (many, large) = (services(65), " ".repeat(MAX_BODY_LEN + 1));
    let doctype = format!("<!DOCTYPE mbmsAuthorize [<!ENTITY e \"x\">]>{GOOD}");
    let probes = [
        Probe { what: "GET", line: "GET /keymanagement?requesttype=authorize HTTP/1.1", status: 405, ..BASE },
        Probe { what: "another Content-Type", media_type: Some("text/xml"), status: 415, ..BASE },
        Probe { what: "no Content-Type", media_type: None, status: 400, ..BASE },
        Probe { what: "a body of 16,385 octets", body: &large, status: 413, ..BASE },
        Probe {
            what: "a length of 16,385 and no body yet",
            length: Length::Said(16_385),
            status: 413,
            ..BASE
        },
        Probe { what: "16,385 octets in chunks", body: &large, length: Length::Chunked, status: 413, ..BASE },
        Probe { what: "no length", length: Length::None, status: 411, ..BASE },
        Probe {
            what: "an unknown path",
            line: "POST /keys?requesttype=authorize HTTP/1.1",
            status: 404,
            ..BASE
        },
        Probe { what: "another host", host: "other.home1.net", status: 404, ..BASE },
        Probe {
            what: "HTTP/1.0",
            line: "POST /keymanagement?requesttype=authorize HTTP/1.0",
            status: 505,
            ..BASE
        },
        Probe {
            what: "an unknown requesttype",
            line: "POST /keymanagement?requesttype=x HTTP/1.1",
            status: 400,
            ..BASE
        },
        Probe {
            what: "requesttype twice",
            line: "POST /keymanagement?requesttype=authorize&requesttype=authorize HTTP/1.1",
            status: 400,
            ..BASE
        },
        Probe { what: "no asserted identity", identity: None, status: 400, ..BASE },
        Probe { what: "a peer that is not trusted", public: true, status: 403, ..BASE },
        Probe { what: "DOCTYPE", body: &doctype, status: 400, ..BASE },
        Probe { what: "65 service IDs", body: &many, status: 400, ..BASE },
        Probe { what: "no XML", body: "requesttype=authorize", status: 400, ..BASE },
    ];
    let rows = stage.world.server.with(|upf| upf.rows());
    for probe in probes {
        let answer = send(stage, &probe)?;
        let allow = answer.status != 405 || answer.has("Allow", "POST");
        let what = format!("{} -> {}", probe.what, probe.status);
        stage.check(&what, answer.status == probe.status && allow);
    }
    let same = stage.world.server.with(|upf| upf.rows()) == rows;
    stage.check("none of them has left a row", same);
    let blank = Probe { line: "POST /keymanagement?requesttype=%20authorize HTTP/1.1", ..BASE };
    let status = send(stage, &blank)?.status;
    stage.check("a blank before the requesttype, as the standard prints it -> 200", status == 200);
    Ok(())
}

fn send(stage: &Stage<'_, '_>, probe: &Probe<'_>) -> Outcome<raw::Answer> {
    let server = &stage.world.server;
    let to = if probe.public { server.public } else { server.protected };
    let mut headers = vec![("Host", format!("{}:{}", probe.host, to.port()))];
    headers.extend(probe.media_type.map(|media_type| ("Content-Type", media_type.to_owned())));
    headers.extend(probe.identity.map(|identity| ("X-3GPP-Asserted-Identity", identity.to_owned())));
    let mut body = probe.body.as_bytes().to_vec();
    match probe.length {
        Length::True => headers.push(("Content-Length", body.len().to_string())),
        Length::None => body.clear(),
        Length::Said(len) => {
            headers.push(("Content-Length", len.to_string()));
            body.clear();
        }
        Length::Chunked => {
            headers.push(("Transfer-Encoding", "chunked".to_owned()));
            body = [format!("{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
        }
    }
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    raw::send(to, &raw::request(probe.line, &headers, &body))
}
