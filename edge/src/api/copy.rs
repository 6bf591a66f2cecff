//! The download of a person's copy: a ZIP that is put together as it is taken.

use crate::{
    kv::Retention,
    objects::subject::{
        self, Call,
        export::{Begun, Content, Missing, Page, Text},
    },
    policies::Held,
    problem::{Answer, OrInternal as _},
    response,
    sealed::{self, Opened},
    stream::{Body, Out, made},
};
use consentry::{
    id::SubjectId,
    policy::{Locale, Policy},
    rights::{Archive, copy::ending, request::Right},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, rc::Rc};
use wasm_bindgen::{JsCast as _, JsValue};
use worker::{Env, Response, ResponseBody};

/// The answer with the archive. What fails on the way breaks it off, so that nobody takes half a copy for a whole one.
pub fn download(
    env: &Env,
    subject: SubjectId,
    begun: Begun,
    held: Rc<Held>,
    locale: Locale,
) -> Answer<Response> {
    let env = env.clone();
    let name = if begun.scope == Right::Portability { "my-data-portable.zip" } else { "my-data.zip" };
    let stream = made(None, |out| async move {
        let copy = Copy {
            env,
            subject,
            archive: Archive::begun(begun.at),
            out,
            files: Vec::new(),
            missing: Vec::new(),
            names: BTreeMap::new(),
        };
        copy.write(&begun, &held, &locale).await.map_err(|problem| JsValue::from_str(&problem.title))
    })?;
    let builder = response::plain(200)?;
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [("content-type", "application/zip"), ("content-disposition", disposition.as_str())];
    let builder = headers.iter().try_fold(builder, |builder, (name, value)| {
        builder.with_header(name, value).or_internal("copy.headers")
    })?;
    Ok(builder.body(ResponseBody::Stream(stream.unchecked_into())))
}

struct Copy {
    env: Env,
    subject: SubjectId,
    archive: Archive,
    out: Out,
    files: Vec<Value>,
    missing: Vec<Missing>,
    /// How many files there are of each name, without number and ending.
    names: BTreeMap<String, u32>,
}

impl Copy {
    async fn write(mut self, begun: &Begun, held: &Held, locale: &Locale) -> Answer<()> {
        self.file("metadata.json", pretty(&metadata(&held.policy, begun, locale))?.as_bytes()).await?;
        let mut cursor = None;
        loop {
            let call = Call::Copy { id: begun.id.clone(), cursor, policy: held.document.clone() };
            let Page { texts, contents, missing, next } =
                subject::call(&self.env, self.subject, &call).await?;
            for text in &texts {
                self.text(text).await?;
            }
            for content in &contents {
                self.content(content).await?;
            }
            self.missing.extend(missing);
            let Some(next) = next else { break };
            cursor = Some(next);
        }
        let manifest = json!({"files": self.files, "not_included": self.missing});
        self.file("manifest.json", pretty(&manifest)?.as_bytes()).await?;
        let rest = self.archive.finish().or_internal("copy.finish")?;
        self.out.put(&rest).await.or_internal("copy.put")?;
        self.out.end().await.or_internal("copy.end")
    }

    async fn file(&mut self, name: &str, content: &[u8]) -> Answer<()> {
        self.archive.file(name, content).or_internal("copy.file")?;
        self.files.push(json!({"name": name, "bytes": content.len()}));
        self.flush().await
    }

    /// A file of text; the second of a name and those after it have a number.
    async fn text(&mut self, Text { name, ending, content }: &Text) -> Answer<()> {
        let count = self.names.entry(format!("{name}.{ending}")).or_default();
        *count += 1;
        let name = if *count == 1 { format!("{name}.{ending}") } else { format!("{name}-{count}.{ending}") };
        self.file(&name, content.as_bytes()).await
    }

    /// A record's content as a file. A number keeps names apart that some systems take for the same.
    async fn content(&mut self, Content { record, slot }: &Content) -> Answer<()> {
        let opened = sealed::open(&Retention::bound(&self.env)?, slot, record).await?;
        let Opened::Content(stream) = opened else {
            self.missing.push(Missing::of(record, &opened));
            return Ok(());
        };
        let folder = format!("records/{}", record.category);
        let number = self.names.entry(folder.clone()).or_default();
        *number += 1;
        let name = format!("{folder}/{number:04}-{}.{}", record.name, ending(&record.media_type));
        self.archive.begin(&name).or_internal("copy.begin")?;
        let mut body = Body::of(&stream)?;
        while let Some(piece) = body.next().await.or_internal("copy.content")? {
            self.archive.write(&piece).or_internal("copy.write")?;
            self.flush().await?;
        }
        let described = json!({
            "name": name, "bytes": record.size, "media_type": record.media_type, "record": record.name,
            "stored": record.at, "retain_until": record.retain_until,
        });
        self.files.push(described);
        Ok(())
    }

    /// Hands over what has been written.
    async fn flush(&mut self) -> Answer<()> {
        self.out.put(&self.archive.take()).await.or_internal("copy.put")
    }
}

/// What the person has to be told with their copy (GDPR Article 15(1)), as the policy declares it.
fn metadata(policy: &Policy, begun: &Begun, locale: &Locale) -> Value {
    let scope = match begun.scope {
        Right::Portability => "What you provided, on consent or contract (GDPR Article 20).",
        _ => {
            "Everything held about you: records, consent decisions with their receipts, and what the audit log says."
        }
    };
    let purposes: Vec<Value> = policy
        .purposes
        .iter()
        .map(|purpose| json!({"id": purpose.id, "name": purpose.name.get(locale), "basis": purpose.basis}))
        .collect();
    let categories: Vec<Value> = policy
        .records
        .iter()
        .map(|one| {
            json!({
                "id": one.id, "name": one.name.get(locale), "purposes": one.purposes, "retention": one.retention,
                "source": one.source, "portable": one.is_portable(policy),
            })
        })
        .collect();
    let recipients: Vec<Value> = policy
        .services
        .iter()
        .map(|service| {
            json!({
                "service": service.name, "purpose": service.purpose, "recipient": service.recipient,
                "transfer": service.transfer,
            })
        })
        .collect();
    json!({
        "format": "consentry/export/2",
        "right": begun.scope,
        "scope": scope,
        "site": policy.site.id,
        "controller": policy.controller,
        "generated": begun.at,
        "records": begun.records,
        "purposes": purposes,
        "categories": categories,
        "recipients": recipients,
        "rights": [
            "rectification (Article 16)", "erasure (Article 17)", "restriction (Article 18)", "portability (Article 20)",
            "objection (Article 21)", "complaint to a supervisory authority (Article 77)",
        ],
        "verify": "Each file under receipts/ can be checked offline with the public keys at /.consentry/keys.",
    })
}

fn pretty(value: &Value) -> Answer<String> {
    serde_json::to_string_pretty(value).or_internal("copy.json")
}
