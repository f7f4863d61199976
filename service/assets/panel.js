// <zhiwen-panel>: what to answer a buyer now, beside any chat. One file without
// dependencies, which loads as a module and as a plain script alike.
// docs/PANEL.md tells how it is fed, themed, and let in by a strict policy.

(() => {
  "use strict";

  const NAME = "zhiwen-panel";
  if (customElements.get(NAME)) {
    return;
  }

  const SCRIPT = document.currentScript?.src
    || document.querySelector('script[src*="/panel.js"]')?.src
    || document.baseURI;
  const MOST_ANSWERS = 3;
  const MOST_MESSAGES = 100;
  const MOST_CHARACTERS = 4000;
  const DEBOUNCE_MILLISECONDS = 500;
  const SEEN_MILLISECONDS = 1000;
  const SEEN_SHARE = 0.5;
  const LONGEST_PAUSE_SECONDS = 60;
  const MOST_TELLINGS = 5;
  /** As much of an inserted answer must be left in what was sent to be its edited form. */
  const LEAST_LIKENESS = 0.5;
  const MASK = /(\[[^[\]\s]{1,16}\])/;

  const WORDS = {
    "zh-CN": {
      "name": "知问",
      "panel": "知问回复建议",
      "form": "回答形式",
      "brief": "简短",
      "consultative": "详细",
      "idle": "等待买家消息",
      "idle-hint": "买家提问后，这里会给出有出处的回答。",
      "loading": "正在查找…",
      "question": "买家在问",
      "context": "结合上文：{}",
      "products": "商品：{}",
      "answer-number": "第 {} 条建议",
      "confidence": "把握 {}",
      "insert": "插入",
      "copy": "复制",
      "source": "来源：{}",
      "no-source": "来源：知识 {}",
      "version": "第 {} 版",
      "separator": "；",
      "irrelevant": "答非所问",
      "incorrect": "内容有误",
      "inserted": "已插入",
      "copied": "已复制",
      "used": "已采用",
      "sent": "已发送",
      "noted": "已记录，谢谢",
      "withdrawn": "已撤回",
      "not-noted": "反馈没有送达",
      "no-target": "没有找到回复框，请手动复制",
      "clarify": "先问清楚",
      "clarify-options": "买家可能指",
      "abstained": "暂无建议",
      "advice-nothing_to_answer": "买家再发消息时会自动查找。",
      "advice-greeting": "按店铺习惯打个招呼即可。",
      "advice-acknowledgement": "可以收尾，或主动问问还需要什么。",
      "advice-human_agent_wanted": "请直接接手，先回应情绪再解决问题。",
      "advice-link_or_media": "请看图片或链接里的内容，再问清楚买家的需要。",
      "advice-unclear": "可以请买家再说具体一点。",
      "advice-no_match": "请按实际情况回复；主管会在“待补知识”里看到这个问题。",
      "advice-low_confidence": "请人工判断；不确定的内容不要承诺。",
      "degraded-encoder": "语义检索暂不可用，本次按字面查找",
      "degraded-index": "知识刚有更新，正在同步",
      "degraded-record": "本次建议没有留存，反馈不会保存",
      "degraded-other": "服务降级：{}",
      "announce": "{} 条建议",
      "retry": "重试",
      "retry-in": "{} 秒后自动重试",
      "request-id": "请求编号 {}",
      "problem-network": "连不上知问服务",
      "problem-overloaded": "服务繁忙",
      "problem-index-building": "正在整理知识，请稍候",
      "problem-store-unavailable": "服务暂时不可用",
      "problem-no-token": "还没有登录凭证",
      "problem-token": "取不到登录凭证",
      "problem-invalid-token": "登录凭证已失效",
      "problem-unauthorized": "登录凭证无效",
      "problem-forbidden-token": "登录凭证不适用于这个页面",
      "problem-invalid-fields": "消息内容无法识别",
      "problem-other": "出了点问题",
      "advice-problem-token": "请刷新页面或重新登录后再试。",
      "advice-problem-invalid-token": "工作台提供新凭证后会自动继续。",
      "advice-problem-no-token": "工作台提供凭证后会自动开始。",
      "advice-problem-forbidden-token": "请联系管理员检查凭证的来源地址。",
    },
    "en": {
      "name": "Zhiwen",
      "panel": "Zhiwen suggestions",
      "form": "Form of the answer",
      "brief": "Brief",
      "consultative": "Detailed",
      "idle": "Waiting for the buyer",
      "idle-hint": "When the buyer asks, answers with their sources appear here.",
      "loading": "Looking it up…",
      "question": "The buyer asks",
      "context": "Read with: {}",
      "products": "Product: {}",
      "answer-number": "Suggestion {}",
      "confidence": "{} sure",
      "insert": "Insert",
      "copy": "Copy",
      "source": "Source: {}",
      "no-source": "Source: item {}",
      "version": "version {}",
      "separator": "; ",
      "irrelevant": "Not what was asked",
      "incorrect": "Wrong content",
      "inserted": "Inserted",
      "copied": "Copied",
      "used": "Used",
      "sent": "Sent",
      "noted": "Noted, thank you",
      "withdrawn": "Taken back",
      "not-noted": "Feedback could not be sent",
      "no-target": "The reply box was not found: please copy by hand",
      "clarify": "Ask first",
      "clarify-options": "The buyer may mean",
      "abstained": "No suggestion",
      "advice-nothing_to_answer": "It looks again when the buyer writes.",
      "advice-greeting": "A greeting in the shop's manner will do.",
      "advice-acknowledgement": "Close kindly, or ask what else is needed.",
      "advice-human_agent_wanted": "Take over yourself: first the feelings, then the matter.",
      "advice-link_or_media": "Look at the picture or link, then ask what is needed.",
      "advice-unclear": "Ask the buyer to say a little more.",
      "advice-no_match": "Answer from what you know; the supervisor will see the question as a gap.",
      "advice-low_confidence": "Please judge yourself, and promise nothing that is not certain.",
      "degraded-encoder": "Search by meaning is down: this was found by its words",
      "degraded-index": "Knowledge has just changed and is being taken up",
      "degraded-record": "This suggestion is not on record: feedback will not be kept",
      "degraded-other": "Service degraded: {}",
      "announce": "{} suggestions",
      "retry": "Try again",
      "retry-in": "Trying again in {} s",
      "request-id": "Request {}",
      "problem-network": "Zhiwen cannot be reached",
      "problem-overloaded": "The service is busy",
      "problem-index-building": "Knowledge is being indexed",
      "problem-store-unavailable": "The service is unavailable for now",
      "problem-no-token": "Not connected yet",
      "problem-token": "No access could be obtained",
      "problem-invalid-token": "Access has expired",
      "problem-unauthorized": "Access is not valid",
      "problem-forbidden-token": "Access is not meant for this page",
      "problem-invalid-fields": "The messages cannot be read",
      "problem-other": "Something went wrong",
      "advice-problem-token": "Reload the page or sign in again.",
      "advice-problem-invalid-token": "It goes on as soon as the workbench gives access anew.",
      "advice-problem-no-token": "It begins as soon as the workbench gives access.",
      "advice-problem-forbidden-token": "Ask your administrator to check the token's origin.",
    },
  };

  const STYLE = `
    :host {
      --_accent: var(--zhiwen-accent, #0b6b5c);
      --_on-accent: var(--zhiwen-on-accent, #ffffff);
      --_paper: var(--zhiwen-background, #ffffff);
      --_sunken: var(--zhiwen-surface, #f5f6f4);
      --_line: var(--zhiwen-line, #dcdfdb);
      --_ink: var(--zhiwen-color, #1a201e);
      --_soft: var(--zhiwen-color-soft, #56605c);
      --_wash: var(--zhiwen-accent-wash, #e3f1ed);
      --_caution: #7a4b00;
      --_caution-wash: #fbf1dd;
      --_wrong: #a3271f;
      --_wrong-wash: #fbeae8;
      --_radius: var(--zhiwen-radius, 12px);
      --_inner: var(--zhiwen-radius-inner, 8px);
      --_size: var(--zhiwen-font-size, 14px);
      display: block;
      container-type: inline-size;
      min-inline-size: 0;
      color: var(--_ink);
      font: 400 var(--_size)/1.55 var(--zhiwen-font, system-ui, -apple-system, "Segoe UI", "PingFang SC", "Hiragino Sans GB", "Noto Sans SC", "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", sans-serif);
      letter-spacing: normal;
      text-align: start;
      text-transform: none;
      text-indent: 0;
      white-space: normal;
      word-spacing: normal;
    }
    :host([hidden]) { display: none; }
    :host([theme="light"]) { color-scheme: light; }
    :host([theme="dark"]) { color-scheme: dark; }
    @supports (color: light-dark(red, blue)) {
      :host {
        --_accent: var(--zhiwen-accent, light-dark(#0b6b5c, #5fc9b1));
        --_on-accent: var(--zhiwen-on-accent, light-dark(#ffffff, #06231d));
        --_paper: var(--zhiwen-background, light-dark(#ffffff, #181d1b));
        --_sunken: var(--zhiwen-surface, light-dark(#f5f6f4, #202624));
        --_line: var(--zhiwen-line, light-dark(#dcdfdb, #333b38));
        --_ink: var(--zhiwen-color, light-dark(#1a201e, #e7ebe9));
        --_soft: var(--zhiwen-color-soft, light-dark(#56605c, #a9b3af));
        --_wash: var(--zhiwen-accent-wash, light-dark(#e3f1ed, #16302a));
        --_caution: light-dark(#7a4b00, #ecc77e);
        --_caution-wash: light-dark(#fbf1dd, #2a2314);
        --_wrong: light-dark(#a3271f, #f2a199);
        --_wrong-wash: light-dark(#fbeae8, #2e1a18);
      }
    }
    * { box-sizing: border-box; }
    [hidden] { display: none !important; }
    p, h2, h3, ul, dl, dd { margin: 0; padding: 0; }
    ul { list-style: none; }
    button {
      font: inherit;
      color: inherit;
      background: none;
      border: 0;
      padding: 0;
      cursor: pointer;
    }
    :focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
    .unseen {
      position: absolute;
      inline-size: 1px;
      block-size: 1px;
      overflow: hidden;
      clip-path: inset(50%);
      white-space: nowrap;
    }
    .panel {
      position: relative;
      display: flex;
      flex-direction: column;
      block-size: 100%;
      max-block-size: inherit;
      overflow: hidden;
      background: var(--_paper);
      border: var(--zhiwen-border, 1px solid var(--_line));
      border-radius: var(--_radius);
    }
    .header {
      display: flex;
      flex: none;
      align-items: center;
      gap: 8px;
      padding: 9px 12px;
      border-block-end: 1px solid var(--_line);
    }
    .brand { font-size: 1.07em; font-weight: 650; letter-spacing: .04em; white-space: nowrap; }
    .mark { inline-size: 1.3em; block-size: 1.3em; flex: none; fill: none; stroke: var(--_accent); stroke-width: 2.4; stroke-linecap: round; }
    .mark rect { fill: var(--_accent); stroke: none; }
    .forms { display: flex; margin-inline-start: auto; padding: 2px; background: var(--_sunken); border-radius: 999px; }
    .forms button { padding: 1px 10px; font-size: .9em; color: var(--_soft); border-radius: 999px; white-space: nowrap; }
    .forms button[aria-pressed="true"] { color: var(--_ink); font-weight: 600; background: var(--_paper); box-shadow: 0 0 0 1px var(--_line); }
    .progress { position: absolute; z-index: 1; inset-inline: 0; inset-block-start: 0; block-size: 2px; overflow: hidden; opacity: 0; }
    .is-loading .progress { opacity: 1; transition: opacity .1s .25s; }
    .progress::before { content: ""; display: block; block-size: 100%; inline-size: 35%; background: var(--_accent); animation: pass 1.1s infinite ease-in-out; }
    @keyframes pass { from { transform: translateX(-100%); } to { transform: translateX(290%); } }
    .body:focus-visible { outline-offset: -2px; }
    .body { flex: 1; min-block-size: 0; padding: 12px; overflow-y: auto; overscroll-behavior: contain; scrollbar-width: thin; }
    .result { display: grid; gap: 10px; }
    .is-stale .result { opacity: .5; transition: opacity .1s .25s; }
    .empty { display: grid; gap: 4px; justify-items: center; padding: 26px 12px; text-align: center; color: var(--_soft); }
    .empty strong { color: var(--_ink); font-weight: 600; }
    .keys { display: flex; flex-wrap: wrap; justify-content: center; gap: 4px; margin-block-start: 6px; }
    kbd {
      padding: 0 5px;
      font: inherit;
      font-size: .82em;
      line-height: 1.5;
      color: inherit;
      border: 1px solid currentColor;
      border-radius: 5px;
      opacity: .85;
      white-space: nowrap;
    }
    .skeleton { display: grid; gap: 10px; opacity: 0; animation: appear .2s .25s forwards; }
    .skeleton i { block-size: 78px; background: var(--_sunken); border-radius: var(--_inner); }
    .skeleton i:first-child { block-size: 36px; }
    @keyframes appear { to { opacity: 1; } }
    .notice, .problem { display: grid; gap: 2px; padding: 8px 10px; font-size: .93em; color: var(--_caution); background: var(--_caution-wash); border-radius: var(--_inner); }
    .problem { color: var(--_wrong); background: var(--_wrong-wash); }
    .problem.is-passing { color: var(--_caution); background: var(--_caution-wash); }
    .problem strong { font-weight: 600; }
    .problem-end { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; }
    .retry { padding: 2px 0; font-weight: 600; text-decoration: underline; text-underline-offset: 3px; }
    .small { font-size: .86em; overflow-wrap: anywhere; }
    .question { display: grid; gap: 2px; padding-inline-start: 10px; border-inline-start: 3px solid var(--_accent); }
    .label { font-size: .86em; color: var(--_soft); }
    .question-text { font-weight: 600; overflow-wrap: anywhere; }
    mark { padding: 0 4px; color: var(--_soft); background: var(--_sunken); border-radius: 4px; }
    .answers { display: grid; gap: 10px; }
    .answers .card { grid-template-rows: auto 1fr auto auto; align-content: stretch; }
    .card { display: grid; align-content: start; gap: 8px; padding: 10px 12px; background: var(--_sunken); border: 1px solid transparent; border-radius: var(--_inner); }
    .card.is-first { background: var(--_wash); }
    .card.is-used { border-color: var(--_accent); }
    .card-head { display: flex; align-items: baseline; gap: 8px; }
    .title { flex: 1; min-inline-size: 0; font-size: .93em; font-weight: 500; color: var(--_soft); overflow-wrap: anywhere; }
    .confidence { display: flex; flex: none; align-items: center; gap: 6px; font-size: .86em; font-variant-numeric: tabular-nums; color: var(--_soft); }
    .meter { inline-size: 34px; block-size: 4px; overflow: hidden; background: var(--_line); border-radius: 2px; }
    .meter i { display: block; block-size: 100%; background: var(--_accent); }
    .text { font-size: 1.04em; white-space: pre-wrap; overflow-wrap: anywhere; }
    .source { font-size: .86em; color: var(--_soft); overflow-wrap: anywhere; }
    .actions { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 14px; }
    .insert { display: inline-flex; align-items: center; gap: 8px; padding: 4px 12px; font-weight: 600; color: var(--_on-accent); background: var(--_accent); border-radius: calc(var(--_inner) * 3 / 4); }
    .insert:hover { filter: brightness(.93); }
    .insert.is-quiet { color: var(--_accent); background: none; box-shadow: inset 0 0 0 1px var(--_accent); }
    .complaints { display: flex; flex-wrap: wrap; gap: 2px 12px; margin-inline-start: auto; }
    .complaint { padding: 3px 0; font-size: .86em; color: var(--_soft); border-radius: 4px; }
    .complaint:hover { color: var(--_ink); text-decoration: underline; text-underline-offset: 3px; }
    .complaint[aria-pressed="true"] { color: var(--_wrong); font-weight: 600; }
    .complaint[aria-pressed="true"]::before { content: "✓ "; }
    .outcome { flex-basis: 100%; font-size: .86em; font-weight: 600; color: var(--_accent); }
    .outcome.is-wrong { color: var(--_wrong); }
    .outcome:empty { display: none; }
    .options { display: flex; flex-wrap: wrap; gap: 6px; }
    .options li { padding: 1px 9px; font-size: .9em; border: 1px solid var(--_line); border-radius: 999px; overflow-wrap: anywhere; }
    @container (min-width: 680px) {
      .answers { grid-template-columns: repeat(auto-fit, minmax(280px, 1fr)); }
    }
    @container (max-width: 319px) {
      .body { padding: 10px; }
      .header { padding: 8px 10px; }
      .complaints { margin-inline-start: 0; }
    }
    @media (prefers-reduced-motion: reduce) {
      .progress::before { animation: none; inline-size: 100%; }
    }
    @media (forced-colors: active) {
      .card, .notice, .problem, .insert { border: 1px solid; }
      .meter i { background: Highlight; }
    }
    @media print { :host { display: none; } }
  `;

  /** One sheet for all panels: a policy without 'unsafe-inline' lets it pass. */
  let sheet = null;
  function sharedSheet() {
    if (sheet === null) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
    }
    return sheet;
  }

  /** Makes an element. Data comes in as text and attributes, never as markup. */
  function make(tag, { text, ...attributes } = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== undefined && value !== null && value !== false) {
        element.setAttribute(name, value === true ? "" : String(value));
      }
    }
    if (text !== undefined) {
      element.textContent = text;
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  }

  function makeMark() {
    const space = "http://www.w3.org/2000/svg";
    const shape = (tag, attributes) => {
      const element = document.createElementNS(space, tag);
      for (const [name, value] of Object.entries(attributes)) {
        element.setAttribute(name, value);
      }
      return element;
    };
    const mark = shape("svg", { "class": "mark", "viewBox": "0 0 24 24", "aria-hidden": "true" });
    mark.append(
      shape("path", { d: "M4 21V7a4 4 0 0 1 4-4h8a4 4 0 0 1 4 4v14" }),
      shape("rect", { x: "8.75", y: "10", width: "6.5", height: "6.5", rx: "1.5" }),
    );
    return mark;
  }

  const percent = (share) => `${Math.round(share * 100)}%`;
  const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

  /** 53 bits of a text, for the ids of messages that came without one. */
  function digest(text) {
    let [high, low] = [0xdeadbeef, 0x41c6ce57];
    for (const character of text) {
      const code = character.codePointAt(0);
      high = Math.imul(high ^ code, 2654435761);
      low = Math.imul(low ^ code, 1597334677);
    }
    high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
    return (4294967296 * (2097151 & high) + (low >>> 0)).toString(36);
  }

  /** `crypto.randomUUID` is missing on plain HTTP. */
  function randomId() {
    const bytes = crypto.getRandomValues(new Uint8Array(8));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /** The share of two texts' pairs of characters that they have in common, 0 to 1. */
  function likeness(one, other) {
    const pairs = (text) => {
      const bare = text.replace(/\s+/gu, "");
      const counts = new Map();
      for (let at = 0; at + 1 < bare.length; at += 1) {
        const pair = bare.slice(at, at + 2);
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
      return counts;
    };
    const [left, right] = [pairs(one), pairs(other)];
    const sum = (counts) => [...counts.values()].reduce((total, count) => total + count, 0);
    let common = 0;
    for (const [pair, count] of left) {
      common += Math.min(count, right.get(pair) ?? 0);
    }
    return (2 * common) / Math.max(sum(left) + sum(right), 1);
  }

  /** What a call fails with: the problem's short name, and what the service said. */
  class Problem extends Error {
    constructor(kind, { detail = "", requestId = "", retryAfterSeconds = null } = {}) {
      super(detail || kind);
      this.kind = kind;
      this.requestId = requestId;
      this.retryAfterSeconds = retryAfterSeconds;
    }

    /** Whether the same call may well succeed later. */
    get passes() {
      return ["network", "overloaded", "index-building", "store-unavailable", "http-429",
        "http-502", "http-503", "http-504"].includes(this.kind);
    }

    static async of(response) {
      // A proxy in between may answer with something else than a problem body.
      const body = await response.json().catch(() => ({}));
      const retryAfter = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
      return new Problem(String(body.type ?? "").split(":").pop() || `http-${response.status}`, {
        detail: typeof body.detail === "string" ? body.detail : "",
        requestId: String(body.request_id ?? ""),
        retryAfterSeconds: Number.isNaN(retryAfter) ? null : retryAfter,
      });
    }
  }

  /** The panel's token: kept in memory alone, and renewed before it ends. */
  class Access {
    constructor(panel) {
      this.panel = panel;
      this.token = null;
      this.madeAt = 0;
      this.endsAt = Infinity;
      this.hadOne = false;
      this.renewal = null;
    }

    /** Takes a token, as text or as `{token, expires_at}`. */
    take(given) {
      const token = typeof given === "string" ? given : given?.token;
      this.token = typeof token === "string" && token !== "" ? token : null;
      this.hadOne ||= this.token !== null;
      this.madeAt = Date.now();
      const endsAt = Date.parse(given?.expires_at ?? "");
      this.endsAt = Number.isNaN(endsAt) ? Infinity : endsAt;
    }

    /** A token for the next call. */
    async get() {
      const left = this.endsAt - Date.now();
      const lifetime = this.endsAt - this.madeAt;
      if (this.token === null || left < Math.min(5000, lifetime / 10)) {
        await this.renew("missing");
      } else if (left < lifetime / 4) {
        // The next call will find a new one.
        this.renew("expiring").catch(() => {});
      }
      return this.token;
    }

    /** A token in place of one that the service refused. */
    async replace(refused) {
      if (this.token === refused) {
        this.token = null;
        await this.renew("refused");
      }
      return this.token;
    }

    renew(reason) {
      this.renewal ??= this.fetch(reason).finally(() => {
        this.renewal = null;
      });
      return this.renewal;
    }

    async fetch(reason) {
      const url = this.panel.getAttribute("token-url");
      const given = url ? await fetchToken(url) : await this.askHost(reason);
      if (given !== undefined) {
        this.take(given);
      }
      if (this.token === null) {
        throw new Problem(url ? "token" : this.hadOne ? "invalid-token" : "no-token");
      }
    }

    /** The host may hand in a token or a promise of one, or set the property. */
    askHost(reason) {
      let given;
      const provide = (token) => {
        given = token;
      };
      this.panel.dispatchEvent(new CustomEvent("zhiwen-token", {
        bubbles: true, composed: true, detail: { reason, provide },
      }));
      return given;
    }
  }

  async function fetchToken(url) {
    let response;
    try {
      response = await fetch(url, {
        method: "POST",
        credentials: "same-origin",
        cache: "no-store",
        // A form in a foreign page cannot send this header.
        headers: { "Accept": "application/json", "X-Requested-With": NAME },
      });
    } catch {
      throw new Problem("network");
    }
    if (!response.ok) {
      const problem = await Problem.of(response);
      throw problem.passes ? problem : new Problem("token", problem);
    }
    return response.json().catch(() => null);
  }

  /** Tells when an answer was really seen: half of it, for a second, in a page that shows. */
  class Sight {
    constructor(scroller, onSeen) {
      this.scroller = scroller;
      this.onSeen = onSeen;
      this.inView = new Set();
      this.timers = new Map();
      this.observer = new IntersectionObserver((entries) => this.look(entries), {
        threshold: [0, 0.25, SEEN_SHARE, 0.75, 1],
      });
    }

    watch(element) {
      this.observer.observe(element);
    }

    look(entries) {
      for (const { target, intersectionRatio, intersectionRect } of entries) {
        // What is taller than the panel is seen when it fills it.
        const fills = intersectionRect.height >= 0.8 * this.scroller.clientHeight
          && intersectionRect.height > 0;
        if (intersectionRatio >= SEEN_SHARE || fills) {
          this.inView.add(target);
        } else {
          this.inView.delete(target);
        }
      }
      this.update();
    }

    /** Starts and stops clocks; also called when the page is shown or hidden. */
    update() {
      const isShown = document.visibilityState === "visible";
      for (const [element, timer] of this.timers) {
        if (!isShown || !this.inView.has(element)) {
          clearTimeout(timer);
          this.timers.delete(element);
        }
      }
      for (const element of isShown ? this.inView : []) {
        if (!this.timers.has(element)) {
          this.timers.set(element, setTimeout(() => this.see(element), SEEN_MILLISECONDS));
        }
      }
    }

    see(element) {
      this.observer.unobserve(element);
      this.inView.delete(element);
      this.timers.delete(element);
      this.onSeen(element);
    }

    stop() {
      this.observer.disconnect();
      this.inView.clear();
      this.update();
    }
  }

  /** Puts text into a field at its caret, so that undo works and the host hears of it. */
  function insertInto(field, text, range) {
    field.focus();
    if (range && field.isContentEditable) {
      const selection = field.ownerDocument.getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
    }
    // Deprecated without a successor: nothing else keeps undo.
    if (field.ownerDocument.execCommand("insertText", false, text)) {
      return;
    }
    if (typeof field.setRangeText === "function") {
      field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    } else {
      field.append(text);
    }
    field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText", data: text }));
  }

  /** Copies text; the clipboard's API is missing on plain HTTP and in frames that may not. */
  async function copy(text, root) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const focused = document.activeElement;
      const area = make("textarea", { "class": "unseen", "aria-hidden": "true" });
      area.value = text;
      root.append(area);
      area.select();
      const isCopied = document.execCommand("copy");
      area.remove();
      focused?.focus?.();
      return isCopied;
    }
  }

  /** The panels in this page: a key is for one of them. */
  const panels = new Set();
  let lastUsed = null;

  function onKey(event) {
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    if (digit === undefined || event.defaultPrevented || event.isComposing || event.repeat) {
      return;
    }
    const at = Number(digit) - 1;
    const ready = [...panels].filter((panel) => panel.takesKey(event) && panel.hasAnswer(at));
    const path = event.composedPath();
    const chosen = ready.find((panel) => path.includes(panel))
      ?? ready.find((panel) => panel.targetField !== null && path.includes(panel.targetField))
      ?? ready.find((panel) => panel === lastUsed)
      ?? ready.at(-1);
    if (chosen) {
      event.preventDefault();
      event.stopPropagation();
      chosen.insertAnswer(at);
    }
  }

  function join(panel) {
    if (panels.size === 0) {
      document.addEventListener("keydown", onKey, true);
    }
    panels.add(panel);
  }

  function leave(panel) {
    panels.delete(panel);
    if (lastUsed === panel) {
      lastUsed = null;
    }
    if (panels.size === 0) {
      document.removeEventListener("keydown", onKey, true);
    }
  }

  /** A message as the service takes it; null of what is none. */
  function messageOf(given) {
    const text = String(given?.text ?? "").trim();
    const role = given?.role === "agent" ? "agent" : "buyer";
    if (text === "") {
      return null;
    }
    const at = given.at === undefined || given.at === null ? NaN : new Date(given.at).getTime();
    const message = { id: String(given.id ?? "").trim(), role, text: text.slice(0, MOST_CHARACTERS) };
    if (!Number.isNaN(at)) {
      message.at = new Date(at).toISOString();
    }
    message.id ||= `m-${digest(`${role}|${message.at ?? ""}|${text}`)}`;
    return message;
  }

  /** In the order that the service will read them in. */
  function inOrder(messages) {
    return messages.every((message) => message.at)
      ? [...messages].sort((one, other) => Date.parse(one.at) - Date.parse(other.at))
      : messages;
  }

  class ZhiwenPanel extends HTMLElement {
    static observedAttributes = ["conversation", "message", "product", "channel", "consumer", "order",
      "agent", "lang", "form", "server", "token-url", "insert", "target", "shortcuts"];

    #access = new Access(this);
    #messages = [];
    #ownConversation = `panel-${randomId()}`;
    /** The latest suggestion, and the message that it answers. */
    #suggestion = null;
    #answered = null;
    #form = null;
    #inFlight = null;
    #askTimer = null;
    #retryTimer = null;
    #failures = 0;
    #problem = null;
    /** What is known of each answer: what was told, and what was last put into a reply. */
    #told = new Map();
    #inserted = null;
    #caret = null;
    #connection = null;
    #sight = null;
    #slots = {};

    constructor() {
      super();
      this.attachShadow({ mode: "open" });
    }

    /* What the host may set, call and hear. */

    /** The conversation's latest messages, oldest first: `{id, role, text, at?}`. */
    get messages() {
      return this.#messages.map((message) => ({ ...message }));
    }

    set messages(given) {
      this.#replace(Array.isArray(given) ? given : []);
    }

    /** A browser token, as text or as `{token, expires_at}`. It cannot be read back. */
    set token(given) {
      this.#access.take(given);
      if (this.isConnected && this.#problem) {
        this.#ask();
      }
    }

    /** Adds a message, or replaces the one of that id. */
    addMessage(given) {
      const message = messageOf(given);
      if (message) {
        const others = this.#messages.filter((known) => known.id !== message.id);
        this.#replace([...others, message]);
      }
    }

    /** Says what was sent of an answer: as it was, or in other words. */
    sent(answerId, text) {
      const answer = this.#suggestion?.answers.find((known) => known.id === answerId);
      this.#tellSent(String(answerId), answer?.text ?? this.#told.get(answerId)?.text, text);
    }

    /** Asks again. */
    refresh() {
      this.#failures = 0;
      this.#ask();
    }

    /* Life. */

    connectedCallback() {
      this.shadowRoot.adoptedStyleSheets = [sharedSheet()];
      for (const name of ["messages", "token"]) {
        this.#takeEarly(name);
      }
      this.#connection = new AbortController();
      const { signal } = this.#connection;
      addEventListener("message", (event) => this.#hear(event), { signal });
      document.addEventListener("visibilitychange", () => this.#sight?.update(), { signal });
      document.addEventListener("selectionchange", () => this.#rememberCaret(), { signal });
      addEventListener("online", () => this.#problem?.passes && this.#ask(), { signal });
      this.addEventListener("pointerdown", () => {
        lastUsed = this;
      }, { signal });
      join(this);
      this.#build();
      this.#askSoon(0);
    }

    disconnectedCallback() {
      leave(this);
      this.#connection?.abort();
      this.#stopAsking();
      this.#sight?.stop();
      this.#sight = null;
      this.#caret = null;
    }

    attributeChangedCallback(name, before, now) {
      if (before === now) {
        return;
      }
      if (name === "conversation") {
        this.#forget();
      } else if (name === "message") {
        this.#replace(now ? [{ role: "buyer", text: now }] : []);
      } else if (name === "form") {
        this.#form = null;
      }
      if (!this.isConnected) {
        return;
      }
      if (["lang", "insert", "target", "shortcuts"].includes(name)) {
        this.#build();
      }
      if (!["insert", "target", "shortcuts", "message"].includes(name)) {
        this.#build();
        this.#askSoon(0);
      }
    }

    /** Takes a property that was set before the panel was defined. */
    #takeEarly(name) {
      if (Object.hasOwn(this, name)) {
        const value = this[name];
        delete this[name];
        this[name] = value;
      }
    }

    /* The conversation. */

    get #conversation() {
      return this.getAttribute("conversation")?.trim() || this.#ownConversation;
    }

    /** The buyer's latest message, while nobody has answered it. */
    get #waiting() {
      const last = this.#messages.at(-1);
      return last?.role === "buyer" ? last : null;
    }

    #forget() {
      this.#stopAsking();
      this.#messages = [];
      this.#suggestion = null;
      this.#answered = null;
      this.#inserted = null;
      this.#problem = null;
      this.#failures = 0;
      this.#show();
    }

    #replace(given) {
      const known = new Map();
      for (const message of given.map(messageOf)) {
        if (message) {
          known.set(message.id, message);
        }
      }
      const before = this.#messages;
      const messages = inOrder([...known.values()]).slice(-MOST_MESSAGES);
      if (JSON.stringify(messages) === JSON.stringify(before)) {
        return;
      }
      this.#messages = messages;
      const ids = new Set(before.map((message) => message.id));
      if (before.length > 0) {
        messages
          .filter((message) => message.role === "agent" && !ids.has(message.id))
          .forEach((message) => this.#compareSent(message.text));
      }
      this.#failures = 0;
      if (this.#waiting) {
        const isLive = before.length > 0;
        this.#askSoon(isLive ? this.#debounce : 0);
      } else {
        this.#stopAsking();
        this.#problem = null;
      }
      this.#show();
    }

    get #debounce() {
      const asked = Number.parseInt(this.getAttribute("debounce") ?? "", 10);
      return asked >= 0 ? asked : DEBOUNCE_MILLISECONDS;
    }

    /** What other windows say, where their origin is on the list. */
    #hear(event) {
      const origins = (this.getAttribute("message-origins") ?? "").split(/[\s,]+/).filter(Boolean);
      const said = event.data;
      const isForUs = origins.includes(event.origin) && said !== null && typeof said === "object"
        && (said.panel === undefined || said.panel === this.id);
      if (!isForUs) {
        return;
      }
      const set = (name) => {
        if (said[name] === null) {
          this.removeAttribute(name);
        } else if (said[name] !== undefined) {
          this.setAttribute(name, String(said[name]));
        }
      };
      if (said.type === "zhiwen:messages") {
        ["conversation", "product", "channel", "consumer", "order", "agent"].forEach(set);
        this.messages = said.messages;
      } else if (said.type === "zhiwen:message") {
        this.addMessage(said.message);
      } else if (said.type === "zhiwen:sent") {
        this.sent(said.answerId, said.text);
      }
    }

    /* Asking. */

    #stopAsking() {
      clearTimeout(this.#askTimer);
      clearTimeout(this.#retryTimer);
      this.#askTimer = null;
      this.#inFlight?.abort();
      this.#inFlight = null;
      this.#showBusy();
    }

    #askSoon(milliseconds) {
      if (!this.isConnected || !this.#waiting) {
        return;
      }
      // A reply to what the buyer has followed up is of no use.
      this.#stopAsking();
      this.#askTimer = setTimeout(() => this.#ask(), milliseconds);
      this.#showBusy();
    }

    async #ask() {
      this.#stopAsking();
      const waiting = this.#waiting;
      if (!this.isConnected || !waiting) {
        return;
      }
      const asked = new AbortController();
      this.#inFlight = asked;
      this.#showBusy();
      try {
        const suggestion = await this.#call("POST", "/v1/suggestions", this.#request(), asked.signal);
        if (this.#inFlight !== asked || this.#isStale(suggestion)) {
          return;
        }
        this.#inFlight = null;
        this.#take(suggestion, waiting.id);
      } catch (error) {
        if (this.#inFlight === asked) {
          this.#inFlight = null;
          this.#fail(error);
        }
      }
    }

    #request() {
      const optional = {
        consumer_id: this.getAttribute("consumer"),
        product_id: this.getAttribute("product"),
        order_id: this.getAttribute("order"),
        channel: this.getAttribute("channel"),
        agent_id: this.getAttribute("agent"),
      };
      const given = Object.entries(optional).filter(([, value]) => value?.trim());
      return {
        conversation_id: this.#conversation,
        messages: this.#messages,
        ...Object.fromEntries(given),
        form: this.#wantedForm,
        limit: MOST_ANSWERS,
        locale: this.#language,
      };
    }

    /** Whether the buyer has gone on since. */
    #isStale(suggestion) {
      const answers = suggestion.answers_message_id;
      return answers !== null && answers !== undefined && answers !== this.#waiting?.id;
    }

    #take(suggestion, messageId) {
      this.#suggestion = {
        ...suggestion,
        answers: suggestion.answers ?? [],
        degraded: suggestion.degraded ?? [],
      };
      this.#answered = messageId;
      this.#problem = null;
      this.#failures = 0;
      for (const answer of this.#suggestion.answers) {
        this.#told.set(answer.id, { text: answer.text });
      }
      this.#trimTold();
      this.#show();
      this.#announce();
      this.dispatchEvent(new CustomEvent("zhiwen-suggestion", {
        bubbles: true, composed: true, detail: structuredClone(suggestion),
      }));
    }

    #trimTold() {
      for (const id of this.#told.keys()) {
        if (this.#told.size <= 200) {
          break;
        }
        this.#told.delete(id);
      }
    }

    #fail(error) {
      const problem = error instanceof Problem ? error : new Problem("other", { detail: String(error) });
      this.#problem = problem;
      this.#failures += 1;
      if (this.#answered !== this.#waiting?.id) {
        this.#suggestion = null;
      }
      if (problem.passes) {
        const seconds = problem.retryAfterSeconds ?? 2 ** Math.min(this.#failures, 5);
        // Not all at once, when a service comes back.
        const spread = 1 + Math.random() / 4;
        this.#countDown(Math.ceil(Math.min(seconds, LONGEST_PAUSE_SECONDS) * spread));
      }
      this.#show();
      this.#slots.live.textContent = this.#problemTitle(problem);
    }

    #countDown(seconds) {
      clearTimeout(this.#retryTimer);
      if (seconds <= 0) {
        this.#ask();
        return;
      }
      if (this.#problem) {
        this.#problem.secondsLeft = seconds;
      }
      const line = this.#slots.countdown;
      if (line) {
        line.textContent = this.#word("retry-in", seconds);
      }
      this.#retryTimer = setTimeout(() => this.#countDown(seconds - 1), 1000);
    }

    async #call(method, path, body, signal) {
      let token = await this.#access.get();
      let response = await this.#send(method, path, body, { token, signal });
      if (response.status === 401) {
        token = await this.#access.replace(token);
        response = await this.#send(method, path, body, { token, signal });
      }
      if (!response.ok) {
        throw await Problem.of(response);
      }
      return response.json();
    }

    async #send(method, path, body, { token, signal }) {
      const base = this.getAttribute("server") || new URL(SCRIPT, document.baseURI).origin;
      try {
        return await fetch(new URL(path, base), {
          method,
          signal,
          // Outlives the page; the service knows nobody by cookies.
          keepalive: method === "PATCH",
          credentials: "omit",
          cache: "no-store",
          headers: {
            "Authorization": `Bearer ${token}`,
            "Content-Type": "application/json",
            "Accept-Language": this.#language,
          },
          body: JSON.stringify(body),
        });
      } catch (error) {
        throw error.name === "AbortError" ? error : new Problem("network");
      }
    }

    /* Feedback. */

    /** Says what became of an answer; tried again while that may help. True when it arrived. */
    async #tell(answerId, feedback) {
      if (this.#suggestion?.degraded.includes("record") && this.#suggestion.answers.some(({ id }) => id === answerId)) {
        return false;
      }
      for (let attempt = 1; ; attempt += 1) {
        try {
          await this.#call("PATCH", `/v1/answers/${encodeURIComponent(answerId)}/feedback`, feedback);
          this.dispatchEvent(new CustomEvent("zhiwen-feedback", {
            bubbles: true, composed: true, detail: { answerId, ...feedback },
          }));
          return true;
        } catch (error) {
          if (!error.passes || attempt === MOST_TELLINGS) {
            return false;
          }
          await pause(1000 * (error.retryAfterSeconds ?? 2 ** attempt));
        }
      }
    }

    #tellSeen(answerId) {
      const told = this.#told.get(answerId);
      if (told && !told.displayed) {
        told.displayed = true;
        this.#tell(answerId, { displayed: true });
      }
    }

    #tellSent(answerId, suggested, text) {
      const written = typeof text === "string" ? text.trim() : "";
      const isSame = written === "" || written === suggested?.trim();
      this.#told.set(answerId, { ...this.#told.get(answerId), used: "sent" });
      if (this.#inserted?.answerId === answerId) {
        this.#inserted = null;
      }
      this.#tell(answerId, isSame ? { used: "sent" } : { used: "edited", final_text: written });
    }

    /** What an agent wrote after an answer was inserted is that answer, changed or not. */
    #compareSent(text) {
      const inserted = this.#inserted;
      if (inserted === null) {
        return;
      }
      this.#inserted = null;
      const [written, suggested] = [text.trim(), inserted.text.trim()];
      if (written.includes(suggested) || likeness(written, suggested) >= LEAST_LIKENESS) {
        this.#tellSent(inserted.answerId, suggested, written);
      }
    }

    /* Inserting. */

    /** The field that answers go into, when there is one. */
    get targetField() {
      const selector = this.getAttribute("target");
      if (!selector) {
        return null;
      }
      try {
        return this.getRootNode().querySelector(selector) ?? document.querySelector(selector);
      } catch {
        return null;
      }
    }

    /** Keeps the caret of an editable element, which loses it with the focus. */
    #rememberCaret() {
      const field = this.targetField;
      const selection = document.getSelection();
      if (field?.isContentEditable && selection.rangeCount > 0 && field.contains(selection.anchorNode)) {
        this.#caret = selection.getRangeAt(0).cloneRange();
      }
    }

    /** Whether a key is meant for the panel: the keys of `shortcuts`, `alt` unless it says others. */
    takesKey(event) {
      const keys = this.#shortcutKeys;
      return keys !== null
        && event.altKey === keys.includes("alt")
        && event.ctrlKey === keys.includes("ctrl")
        && event.shiftKey === keys.includes("shift")
        && event.metaKey === keys.includes("meta");
    }

    get #shortcutKeys() {
      const text = (this.getAttribute("shortcuts") ?? "alt").trim().toLowerCase();
      const keys = text.split("+").map((key) => key.trim());
      const isKnown = keys.every((key) => ["alt", "ctrl", "shift", "meta"].includes(key));
      // Shift with a digit writes a character.
      return isKnown && text !== "shift" ? keys : null;
    }

    /** Whether there is such an answer to insert now. */
    hasAnswer(at) {
      return this.#isCurrent && at < this.#suggestion.answers.length && this.getClientRects().length > 0;
    }

    /** Whether what is shown answers what the buyer last said. */
    get #isCurrent() {
      return this.#suggestion !== null && this.#waiting !== null && this.#answered === this.#waiting.id;
    }

    /** Puts an answer into the reply, the first being 0. */
    async insertAnswer(at) {
      if (!this.hasAnswer(at)) {
        return;
      }
      const answer = this.#suggestion.answers[at];
      const card = this.#slots.result.querySelectorAll(".card[data-answer]")[at];
      const outcome = await this.#place({
        text: answer.text,
        answerId: answer.id,
        knowledgeId: answer.knowledge_id,
        version: answer.version,
        kind: "answer",
      });
      this.#showOutcome(card, outcome);
      if (outcome === "no-target") {
        return;
      }
      card.classList.add("is-used");
      this.#inserted = { answerId: answer.id, text: answer.text };
      const told = this.#told.get(answer.id);
      if (told && !told.used) {
        told.used = "copied";
        this.#tell(answer.id, { used: "copied" });
      }
    }

    /** Hands text to the host, then puts it in place itself where it should. */
    async #place(detail) {
      lastUsed = this;
      const event = new CustomEvent("zhiwen-insert", {
        bubbles: true, composed: true, cancelable: true, detail,
      });
      if (!this.dispatchEvent(event)) {
        return "inserted";
      }
      if (this.getAttribute("insert") === "copy") {
        return await copy(detail.text, this.shadowRoot) ? "copied" : "no-target";
      }
      if (!this.hasAttribute("target")) {
        return "used";
      }
      const field = this.targetField;
      if (field === null) {
        return "no-target";
      }
      insertInto(field, detail.text, this.#caret);
      return "inserted";
    }

    #showOutcome(card, name) {
      const text = this.#word(name);
      const line = card.querySelector(".outcome");
      line.textContent = text;
      line.classList.toggle("is-wrong", name === "no-target" || name === "not-noted");
      this.#slots.live.textContent = text;
    }

    /* Showing. */

    get #language() {
      const tag = this.getAttribute("lang") || this.closest("[lang]")?.lang || "zh-CN";
      return tag.toLowerCase().startsWith("en") ? "en" : "zh-CN";
    }

    get #wantedForm() {
      const form = this.#form ?? this.getAttribute("form");
      return form === "consultative" ? "consultative" : "brief";
    }

    #word(name, value) {
      const text = WORDS[this.#language][name];
      return value === undefined ? text : text?.replace("{}", () => String(value));
    }

    /** Builds what does not change from suggestion to suggestion. */
    #build() {
      const brand = this.#word("name");
      const forms = ["brief", "consultative"].map((form) => {
        const button = make("button", { type: "button", part: "form", text: this.#word(form) });
        button.dataset.form = form;
        button.addEventListener("click", () => this.#choose(form));
        return button;
      });
      const slots = {
        result: make("div", { "class": "result", part: "result" }),
        live: make("p", { "class": "unseen", role: "status", "aria-live": "polite" }),
        forms,
      };
      slots.body = make("div", { "class": "body", part: "body", tabindex: "-1" }, slots.result);
      slots.panel = make("section", { "class": "panel", part: "panel", "aria-label": this.#word("panel") },
        make("div", { "class": "progress", "aria-hidden": "true" }),
        make("header", { "class": "header", part: "header" },
          makeMark(),
          make("span", { "class": "brand", part: "brand", text: brand }),
          make("div", { "class": "forms", part: "forms", role: "group", "aria-label": this.#word("form") }, ...forms)),
        slots.body,
        slots.live);
      slots.panel.lang = this.#language;
      this.#slots = slots;
      this.#sight?.stop();
      this.shadowRoot.replaceChildren(slots.panel);
      this.#show();
    }

    #choose(form) {
      if (form !== this.#wantedForm) {
        this.#form = form;
        this.#show();
        this.#ask();
      }
    }

    #showBusy() {
      const { panel, body } = this.#slots;
      if (!panel) {
        return;
      }
      const isBusy = this.#inFlight !== null || this.#askTimer !== null;
      panel.classList.toggle("is-loading", isBusy);
      panel.classList.toggle("is-stale", isBusy && this.#suggestion !== null && !this.#isCurrent);
      body.setAttribute("aria-busy", String(isBusy));
      if (isBusy && this.#suggestion === null && this.#problem === null && !body.querySelector(".skeleton")) {
        this.#slots.result.replaceChildren(make("div", { "class": "skeleton" },
          make("span", { "class": "unseen", text: this.#word("loading") }), make("i"), make("i")));
      }
    }

    #show() {
      const { result, forms, body } = this.#slots;
      if (!result) {
        return;
      }
      for (const button of forms) {
        button.setAttribute("aria-pressed", String(button.dataset.form === this.#wantedForm));
      }
      this.#sight?.stop();
      this.#sight = null;
      this.#slots.countdown = null;
      const shown = [];
      if (this.#problem) {
        shown.push(this.#problemPart(this.#problem));
      }
      if (this.#suggestion && this.#waiting) {
        shown.push(...this.#suggestionParts(this.#suggestion));
      } else if (!this.#problem) {
        shown.push(this.#idlePart());
      }
      // Still on its way, and nothing to show meanwhile: the skeleton stays.
      const isFirst = this.#waiting && !this.#suggestion && !this.#problem;
      if (!isFirst) {
        const hadFocus = result.contains(this.shadowRoot.activeElement);
        result.replaceChildren(...shown);
        if (hadFocus) {
          // What had it is gone: a keyboard goes on from here, not from the page's start.
          body.focus({ preventScroll: true });
        }
      }
      this.#showBusy();
      if (this.isConnected && this.#suggestion) {
        this.#sight = new Sight(body, (card) => this.#tellSeen(card.dataset.answer));
        for (const card of result.querySelectorAll(".card[data-answer]")) {
          if (!this.#told.get(card.dataset.answer)?.displayed) {
            this.#sight.watch(card);
          }
        }
      }
    }

    #keyName(number) {
      const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
      const names = isMac
        ? { alt: "⌥", ctrl: "⌃", shift: "⇧", meta: "⌘" }
        : { alt: "Alt+", ctrl: "Ctrl+", shift: "Shift+", meta: "Win+" };
      return this.#shortcutKeys === null ? null
        : this.#shortcutKeys.map((key) => names[key]).join("") + number;
    }

    #idlePart() {
      const keys = [1, 2, 3].map((number) => this.#keyName(number)).filter(Boolean);
      return make("div", { "class": "empty", part: "empty" },
        make("strong", { text: this.#word("idle") }),
        make("p", { "class": "small", text: this.#word("idle-hint") }),
        keys.length === 0 ? null : make("p", { "class": "keys" },
          ...keys.map((key) => make("kbd", { text: key })),
          make("span", { "class": "small", text: this.#word(this.#insertWord) })));
    }

    get #insertWord() {
      return this.getAttribute("insert") === "copy" ? "copy" : "insert";
    }

    #problemTitle(problem) {
      const kinds = { "http-429": "overloaded", "http-503": "overloaded", "http-502": "network", "http-504": "network" };
      const kind = kinds[problem.kind] ?? problem.kind;
      return this.#word(`problem-${kind}`) ?? this.#word("problem-other");
    }

    #problemPart(problem) {
      const advice = this.#word(`advice-problem-${problem.kind}`)
        ?? (problem.passes || this.#word(`problem-${problem.kind}`) ? "" : problem.message);
      const countdown = problem.passes
        ? make("span", { "aria-hidden": "true", text: this.#word("retry-in", problem.secondsLeft ?? 1) })
        : null;
      this.#slots.countdown = countdown;
      const retry = make("button", { type: "button", "class": "retry", part: "retry", text: this.#word("retry") });
      retry.addEventListener("click", () => this.refresh());
      return make("div", { "class": problem.passes ? "problem is-passing" : "problem", part: "problem" },
        make("strong", { text: this.#problemTitle(problem) }),
        advice === "" ? null : make("p", { text: advice }),
        make("p", { "class": "problem-end" }, countdown, retry),
        problem.requestId === "" || problem.passes ? null
          : make("p", { "class": "small", text: this.#word("request-id", problem.requestId) }));
    }

    #suggestionParts(suggestion) {
      const answers = suggestion.answers.map((answer, at) => this.#answerPart(answer, at));
      return [
        ...suggestion.degraded.map((what) => make("p", {
          "class": "notice",
          part: "notice",
          text: this.#word(`degraded-${what}`) ?? this.#word("degraded-other", what),
        })),
        this.#questionPart(suggestion.question),
        suggestion.clarification ? this.#clarificationPart(suggestion.clarification) : null,
        answers.length === 0 ? null : make("div", { "class": "answers", part: "answers" }, ...answers),
        suggestion.abstention ? this.#abstentionPart(suggestion.abstention) : null,
      ].filter(Boolean);
    }

    #questionPart(question) {
      if (!question?.text) {
        return null;
      }
      const text = make("p", { "class": "question-text", part: "question-text", dir: "auto" });
      for (const piece of question.text.split(MASK)) {
        // What was masked is shown as such.
        text.append(MASK.test(piece) ? make("mark", { text: piece.slice(1, -1) }) : piece);
      }
      const products = question.product_ids ?? [];
      return make("div", { "class": "question", part: "question" },
        make("p", { "class": "label", text: this.#word("question") }),
        text,
        question.context ? make("p", { "class": "label" }, ...this.#withIsolated("context", question.context)) : null,
        products.length > 0 ? make("p", { "class": "label" }, ...this.#withIsolated("products", products.join(", "))) : null);
    }

    /** A wording with data in its place, which may run the other way. */
    #withIsolated(name, value) {
      const [before, after] = this.#word(name).split("{}");
      return [before, make("bdi", { text: value }), after];
    }

    #answerPart(answer, at) {
      const share = percent(answer.confidence);
      const bar = make("i");
      bar.style.inlineSize = share;
      const source = (answer.sources ?? []).map((one) => one.text).filter(Boolean).join(this.#word("separator"));
      const from = source === "" ? ["no-source", answer.knowledge_id] : ["source", source];
      const number = make("span", { "class": "unseen", text: `${this.#word("answer-number", at + 1)} ` });
      const card = make("article", { "class": at === 0 ? "card is-first" : "card", part: "answer" },
        make("header", { "class": "card-head" },
          make("h3", { "class": "title", part: "answer-title" }, number, make("bdi", { text: answer.title })),
          make("span", { "class": "confidence", part: "confidence" },
            make("span", { "class": "meter", "aria-hidden": "true" }, bar),
            make("span", { "class": "unseen", text: this.#word("confidence", share) }),
            make("span", { "aria-hidden": "true", text: share }))),
        make("p", { "class": "text", part: "answer-text", dir: "auto", text: answer.text }),
        make("p", { "class": "source", part: "source" },
          ...this.#withIsolated(...from), ` · ${this.#word("version", answer.version)}`),
        make("div", { "class": "actions" },
          this.#insertButton(() => this.insertAnswer(at), at),
          make("span", { "class": "complaints" },
            this.#complaintButton(answer, "irrelevant", "relevant"),
            this.#complaintButton(answer, "incorrect", "correct")),
          make("span", { "class": "outcome", part: "outcome" })));
      card.dataset.answer = answer.id;
      return card;
    }

    #insertButton(act, at) {
      const key = at === undefined ? null : this.#keyName(at + 1);
      const quiet = at === 0 || at === undefined ? "" : " is-quiet";
      const button = make("button", {
        "type": "button",
        "class": `insert${quiet}`,
        "part": "insert",
        "aria-keyshortcuts": key === null ? undefined : [...this.#shortcutKeys, String(at + 1)].join("+"),
      }, this.#word(this.#insertWord), key === null ? null : make("kbd", { "aria-hidden": "true", text: key }));
      // The reply box keeps the focus, and so its caret.
      button.addEventListener("pointerdown", (event) => event.preventDefault());
      button.addEventListener("mousedown", (event) => event.preventDefault());
      button.addEventListener("click", act);
      return button;
    }

    #complaintButton(answer, name, field) {
      const told = this.#told.get(answer.id) ?? {};
      const button = make("button", {
        "type": "button",
        "class": "complaint",
        "part": "complaint",
        "aria-pressed": String(told[field] === false),
        "text": this.#word(name),
      });
      button.addEventListener("click", async () => {
        const complains = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(complains));
        const isTold = await this.#tell(answer.id, { [field]: !complains });
        if (isTold) {
          this.#told.set(answer.id, { ...this.#told.get(answer.id), [field]: !complains });
        } else {
          button.setAttribute("aria-pressed", String(!complains));
        }
        const outcome = !isTold ? "not-noted" : complains ? "noted" : "withdrawn";
        this.#showOutcome(button.closest(".card"), outcome);
      });
      return button;
    }

    #clarificationPart(clarification) {
      const options = (clarification.options ?? []).map((option) => make("li", { dir: "auto", text: option.label }));
      const card = make("article", { "class": "card", part: "clarification" },
        make("h3", { "class": "title", text: this.#word("clarify") }),
        make("p", { "class": "text", dir: "auto", text: clarification.text }),
        options.length === 0 ? null : make("p", { "class": "label", text: this.#word("clarify-options") }),
        options.length === 0 ? null : make("ul", { "class": "options" }, ...options),
        make("div", { "class": "actions" },
          this.#insertButton(async () => {
            const detail = { text: clarification.text, answerId: null, knowledgeId: null, version: null, kind: "clarification" };
            this.#showOutcome(card, await this.#place(detail));
          }),
          make("span", { "class": "outcome", part: "outcome" })));
      return card;
    }

    #abstentionPart(abstention) {
      return make("div", { "class": "card", part: "abstention" },
        make("strong", { text: abstention.message ?? this.#word("abstained") }),
        make("p", { "class": "label", text: this.#word(`advice-${abstention.reason}`) ?? "" }));
    }

    /** Says in a line what has come, to whoever does not see it. */
    #announce() {
      const { answers, abstention, clarification } = this.#suggestion;
      const best = answers[0];
      this.#slots.live.textContent = best
        ? [this.#word("announce", answers.length), this.#word("confidence", percent(best.confidence)), best.title].join(" · ")
        : [clarification && this.#word("clarify"), abstention?.message ?? this.#word("abstained")].filter(Boolean).join(" · ");
    }
  }

  customElements.define(NAME, ZhiwenPanel);
})();
