//! How the Worker and the objects speak: one JSON call in, one JSON answer or problem out.

use crate::problem::{Answer, OrInternal as _, Problem};
use js_sys::futures::JsFuture;
use serde::{Serialize, de::DeserializeOwned};
use worker::{Env, Method, Request, RequestInit, Response, ResponseBody, Stub};

/// Finds an object by its name, which is always a keyed hash or a constant.
pub fn stub(env: &Env, binding: &str, name: &str) -> Answer<Stub> {
    env.durable_object(binding).and_then(|namespace| namespace.get_by_name(name)).or_internal("rpc.binding")
}

/// Sends a call and returns the raw response, if it is not a problem.
pub async fn send(stub: &Stub, call: &impl Serialize) -> Answer<Response> {
    let body = serde_json::to_string(call).or_internal("rpc.encode")?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(body.into()));
    let request = Request::new_with_init("https://object/", &init).or_internal("rpc.request")?;
    let unreachable = |_| Problem::unavailable("A part of the service cannot be reached. Please try again.");
    let response = stub.fetch_with_request(request).await.map_err(unreachable)?;
    if response.status_code() == 200 {
        return Ok(response);
    }
    let text = text(response).await.or_internal("rpc.problem")?;
    Err(serde_json::from_str(&text).unwrap_or_else(|_| Problem::internal("rpc.answer")))
}

/// Sends a call and reads its answer.
pub async fn call<A: DeserializeOwned>(stub: &Stub, call: &impl Serialize) -> Answer<A> {
    let text = text(send(stub, call).await?).await.or_internal("rpc.read")?;
    serde_json::from_str(&text).or_internal("rpc.decode")
}

/// An answer's text, read by the platform at once instead of piece by piece.
async fn text(response: Response) -> worker::Result<String> {
    let ResponseBody::Stream(stream) = response.body() else { return Ok(String::new()) };
    let whole = web_sys::Response::new_with_opt_readable_stream(Some(stream))?;
    let text = JsFuture::from(whole.text()?).await?;
    text.as_string().ok_or_else(|| worker::Error::RustError("no text".into()))
}

/// Reads a call inside an object.
pub async fn receive<C: DeserializeOwned>(mut request: Request) -> Answer<C> {
    let text = request.text().await.or_internal("rpc.receive")?;
    serde_json::from_str(&text).or_internal("rpc.call")
}

/// Answers a call inside an object.
pub fn answer(result: Answer<Response>) -> worker::Result<Response> {
    match result {
        Ok(response) => Ok(response),
        Err(problem) => Response::from_json(&problem).map(|response| response.with_status(problem.status)),
    }
}

/// A JSON answer.
pub fn json(value: &impl Serialize) -> Answer<Response> {
    Response::from_json(value).or_internal("rpc.encode")
}
