// The unmodified `centrifuge` client from npm, told by lines of JSON on standard input what to do,
// telling on standard output what it hears:
//
//   node centrifuge_client.mjs NODE_MODULES WEBSOCKET_URL TOKEN_URL
//
// TOKEN_URL is asked (POST) for a token at every connect and refresh; empty: anonymous.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [, , modules, url, tokenUrl] = process.argv;
const require = createRequire(modules + "/");
const { Centrifuge } = require("centrifuge");
const WebSocket = require("ws");

const tell = (event, context) => console.log(JSON.stringify({ event, ...context }));

const getToken = async () => {
  tell("getToken", {});
  const answer = await fetch(tokenUrl, { method: "POST" });
  return (await answer.json()).token;
};

const client = new Centrifuge(url, {
  websocket: WebSocket,
  minReconnectDelay: 20,
  maxReconnectDelay: 200,
  ...(tokenUrl ? { getToken } : {}),
});

for (const event of ["connected", "connecting", "disconnected", "error"]) {
  client.on(event, (context) => tell(event, { code: context.code, client: context.client }));
}
const publication = ({ channel, data, offset }) => tell("publication", { channel, data, offset });
const subscribed = ({ channel, data, recovered, wasRecovering }) =>
  tell("subscribed", { channel, data, recovered, wasRecovering });
client.on("publication", publication);
client.on("subscribed", subscribed);
client.on("unsubscribed", ({ channel }) => tell("unsubscribed", { channel }));

const commands = {
  connect: () => client.connect(),
  disconnect: () => client.disconnect(),
  subscribe: ({ channel }) => {
    const subscription = client.newSubscription(channel);
    subscription.on("publication", publication);
    subscription.on("subscribed", subscribed);
    subscription.on("unsubscribed", ({ code }) => tell("unsubscribed", { channel, code }));
    subscription.subscribe();
  },
};

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const command = JSON.parse(line);
    commands[command.do](command);
  })
  .on("close", () => process.exit(0));
