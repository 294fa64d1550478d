// A model server for the tests: as much of the OpenAI protocol of chat completions as Primer speaks, in front of a small
// model that runs on the processor. Its answers are real tokens and mostly nonsense.
//
//     node server.mjs PORT FOLDER
//
// FOLDER holds node_modules and model.gguf. It listens on 127.0.0.1 only, once the model is loaded, and says so. One
// request is answered at a time, and the same request gets the same answer. `GET /` counts what happened. After
// `POST /hold` an answer stands still after its first letters, until whoever asked hangs up; `POST /go` ends that.

import { once } from "node:events";
import { createServer } from "node:http";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [port, folder] = [Number(process.argv[2]), resolve(process.argv[3])];
const NAME = "gemma-3-270m";
const CONTEXT_TOKENS = 4096;
/** A small model may never end. */
const ANSWER_MAX_TOKENS = 140;
const BODY_MAX_BYTES = 1 << 20;
const SEED = 7;

const library = join(folder, "node_modules/node-llama-cpp/dist/index.js");
const { getLlama, LlamaText, SpecialTokensText } = await import(pathToFileURL(library).href);
const llama = await getLlama({ gpu: false, build: "never", logLevel: "error" });
const model = await llama.loadModel({ modelPath: join(folder, "model.gguf") });
// Several threads wait for each other at every step, and for ages where something else has one of the processors.
const context = await model.createContext({ contextSize: CONTEXT_TOKENS, threads: 1 });
const sequence = context.getSequence();
const seen = { asked: 0, ended: 0, hung_up: 0, tokens: 0 };
let turn = Promise.resolve();
let is_held = false;

/** A conversation as this model was taught to read it. No text can pass for one of the marks between the turns. */
function tokensOf(messages) {
  const turns = messages.flatMap(({ role, content }) => [
    new SpecialTokensText(`<start_of_turn>${role === "assistant" ? "model" : "user"}\n`),
    String(content),
    new SpecialTokensText("<end_of_turn>\n"),
  ]);
  const text = LlamaText([...turns, new SpecialTokensText("<start_of_turn>model\n")]);
  return [model.tokens.bos, ...text.tokenize(model.tokenizer)];
}

/** This model was not taught when to end: it has, once it writes the mark of an end or a line that it has written before. */
function hasEnded(text) {
  const lines = text.split("\n").slice(0, -1).filter((line) => line.trim() !== "");
  return /\n⟦\D[^⟧]*⟧/.test(text) || new Set(lines).size < lines.length;
}

/** Hands each piece of text to `say` as it comes. How many tokens there were, and why there are no more. */
async function generate(tokens, { max, temperature, signal }, say) {
  await sequence.clearHistory();
  let [count, whole, unsaid] = [0, "", []];
  for await (const token of sequence.evaluate(tokens, { temperature, seed: SEED })) {
    if (signal.aborted || (model.isEogToken(token) && !is_held)) break;
    count += 1;
    seen.tokens += 1;
    unsaid.push(token);
    const text = model.detokenize(unsaid);
    // One letter may take several tokens.
    if (!text.endsWith("\ufffd")) {
      say(text);
      [whole, unsaid] = [whole + text, []];
    }
    if (is_held && whole !== "" && !signal.aborted) await once(signal, "abort");
    if (hasEnded(whole)) break;
    if (count >= max) return { count, reason: "length" };
  }
  return { count, reason: "stop" };
}

async function complete(request, response) {
  const asked = JSON.parse(await bodyOf(request));
  const tokens = tokensOf(asked.messages);
  const max = Math.min(asked.max_completion_tokens ?? asked.max_tokens ?? ANSWER_MAX_TOKENS, ANSWER_MAX_TOKENS);
  if (tokens.length + max > CONTEXT_TOKENS) {
    throw new Error(`The maximum context length is ${CONTEXT_TOKENS} tokens.`);
  }
  seen.asked += 1;
  const gone = new AbortController();
  response.on("close", () => {
    if (response.writableFinished) return;
    seen.hung_up += 1;
    gone.abort();
  });
  await inTurn(() => gone.signal.aborted || speak(asked, { tokens, max, signal: gone.signal }, response));
}

/** The model does one thing at a time. */
function inTurn(work) {
  const mine = turn.then(work);
  turn = mine.catch(() => {});
  return mine;
}

/** One answer, as it comes or as a whole. */
async function speak(asked, { tokens, max, signal }, response) {
  const send = (choices, more) => {
    const event = { object: "chat.completion.chunk", model: NAME, choices, ...more };
    response.write(`data: ${JSON.stringify(event)}\n\n`);
  };
  const choice = (delta, reason) => [{ index: 0, delta, finish_reason: reason }];
  if (asked.stream) response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  let content = "";
  const { count, reason } = await generate(tokens, { max, temperature: asked.temperature ?? 0, signal }, (text) => {
    content += text;
    if (asked.stream) send(choice({ content: text }, null));
  });
  if (signal.aborted) return;
  const usage = { prompt_tokens: tokens.length, completion_tokens: count, total_tokens: tokens.length + count };
  seen.ended += 1;
  if (asked.stream) {
    send(choice({}, reason));
    if (asked.stream_options?.include_usage) send([], { usage });
    response.end("data: [DONE]\n\n");
  } else {
    const choices = [{ index: 0, message: { role: "assistant", content }, finish_reason: reason }];
    answer(response, 200, { object: "chat.completion", model: NAME, choices, usage });
  }
}

async function bodyOf(request) {
  const parts = [];
  let length = 0;
  for await (const part of request) {
    parts.push(part);
    length += part.length;
    if (length > BODY_MAX_BYTES) throw new Error("The request is too long.");
  }
  return Buffer.concat(parts).toString("utf8");
}

function answer(response, status, body) {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { "content-type": "application/json", "content-length": bytes.length }).end(bytes);
}

const server = createServer((request, response) => {
  switch (`${request.method} ${request.url}`) {
    case "GET /":
      return answer(response, 200, seen);
    case "POST /hold":
    case "POST /go":
      is_held = request.url === "/hold";
      return answer(response, 200, seen);
    case "GET /v1/models":
      return answer(response, 200, { object: "list", data: [{ id: NAME, object: "model" }] });
    case "POST /v1/chat/completions":
      return complete(request, response).catch((error) => {
        console.error(error);
        if (response.headersSent) response.destroy();
        else answer(response, 400, { error: { message: error.message, type: "invalid_request_error" } });
      });
    default:
      return answer(response, 404, { error: { message: "There is no such page." } });
  }
});
server.listen(port, "127.0.0.1", () => console.log(`ready on port ${port}`));
