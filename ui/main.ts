import { mount } from "svelte";
import App from "./App.svelte";
import "./styles/fonts.css";
import "./styles/base.css";
import "./styles/article.css";
import { session } from "./session.svelte";

const target = document.getElementById("app");
if (target === null) throw new Error("index.html has no #app");
// The faces of every first screen are on their way while the engine answers.
for (const face of ["1em Literata", "italic 1em Literata", '1em "Source Sans 3"']) void document.fonts.load(face);
void session.start();
mount(App, { target });
