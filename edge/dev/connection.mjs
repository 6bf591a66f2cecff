// One HTTP connection that is used again and again, with as little around it as will do: what drives a load must not be
// what is measured.

import { connect } from "node:net";

const END = Buffer.from("\r\n\r\n");

/** Opens one. It fails whatever waits when the other side is gone. */
export async function open(port) {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await new Promise((done, failed) => socket.once("connect", done).once("error", failed));
  let waiting;
  let pieces = [];
  let gone;

  const fail = () => {
    gone = true;
    waiting?.reject(new Error("the connection is gone"));
    waiting = undefined;
  };
  socket.on("error", fail).on("close", fail);
  socket.on("data", (piece) => {
    pieces.push(piece);
    const bytes = pieces.length > 1 ? Buffer.concat(pieces) : piece;
    pieces = [bytes];
    const head = bytes.indexOf(END);
    if (head < 0) return;
    const start = bytes.latin1Slice(0, head);
    const length = Number(/\ncontent-length: (\d+)/i.exec(start)?.[1]);
    const body = head + END.length;
    if (bytes.length < body + length) return;
    pieces = [];
    const { resolve } = waiting;
    waiting = undefined;
    resolve({ status: Number(start.slice(9, 12)), head: start, bytes: bytes.subarray(body, body + length) });
  });

  return {
    /** Posts a text. One at a time. `headers` are whole lines, each with its end. */
    post(path, text, headers = "", host = "log") {
      if (gone) return Promise.reject(new Error("the connection is gone"));
      const { promise, resolve, reject } = Promise.withResolvers();
      waiting = { resolve, reject };
      socket.write(`POST ${path} HTTP/1.1\r\nhost: ${host}\r\n${headers}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
      return promise;
    },
    close: () => socket.destroy(),
  };
}
