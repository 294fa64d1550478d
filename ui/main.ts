import { mount } from "svelte";
import App from "./App.svelte";
import "./styles/fonts.css";
import "./styles/base.css";
import "./styles/article.css";
import { watchScriptErrors } from "./api";
import { session } from "./session.svelte";

const target = document.getElementById("app");
if (target === null) throw new Error("index.html has no #app");
watchScriptErrors();
void session.start();
// Without its faces, whatever is laid out has their stand-ins looked up among the system's fonts, one after the other, for
// every size and weight: that takes longer than the faces do.
const faces = ["1em Literata", "italic 1em Literata", '1em "Source Sans 3"'].map((face) => document.fonts.load(face));
void Promise.allSettled(faces).then(() => mount(App, { target }));
