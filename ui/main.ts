import { mount } from "svelte";
import App from "./App.svelte";
import "./styles/fonts.css";
import "./styles/base.css";
import "./styles/article.css";
import { session } from "./session.svelte";

const target = document.getElementById("app");
if (target === null) throw new Error("index.html has no #app");
void session.start();
mount(App, { target });
