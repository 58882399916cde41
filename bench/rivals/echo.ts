// Baseline (a): what the WebSocket package alone can do. Sends back whatever comes.
import { WebSocketServer } from "ws";
import { ready } from "./ready.ts";

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("connection", (socket) => {
  socket.on("message", (data) => socket.send(data, { binary: false }));
});
server.once("listening", () => ready(server.address()));
