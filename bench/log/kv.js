// One write to KV an entry. There is no order between them, nothing is taken once, and nothing can be proved.

export default {
  async append(env, { event, ...entry }) {
    await env.LOG.put(`log/${event}`, JSON.stringify(entry));
    return event;
  },
};
