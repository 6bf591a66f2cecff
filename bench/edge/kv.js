// Workers KV with nothing in it, as workerd speaks to it. What is put is forgotten.

export default {
  fetch: (request) => new Response(null, { status: request.method === "GET" ? 404 : 200 }),
};
