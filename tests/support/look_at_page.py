"""Looks at a local HTML page in headless Chromium.

    python3 look_at_page.py PAGE.html FOLDER

Prints what it saw as one JSON object, and leaves phone.png, phone_dark.png, desk.png (each the
whole page) and print.pdf (A4) in FOLDER. Exits 2, with one line on stderr, if it cannot look.
"""

import base64
import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

SECONDS = 60
SIGNALS = (signal.SIGALRM, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
PHONE = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
DESK = {"width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": False}
VIEWS = {"phone": (PHONE, "light"), "phone_dark": (PHONE, "dark"), "desk": (DESK, "light")}
A4 = {"paperWidth": 210 / 25.4, "paperHeight": 297 / 25.4}
FLAGS = """
--headless=new --remote-debugging-pipe --disable-gpu --hide-scrollbars --no-first-run --no-pings
--disable-background-networking --disable-component-update --disable-domain-reliability
--disable-default-apps --disable-extensions --disable-sync --disable-breakpad
--disable-features=Translate,OptimizationHints,MediaRouter,AutofillServerCommunication
""".split() + ["--host-resolver-rules=MAP * ~NOTFOUND"]  # requests fail at once, and none leaves
FACTS = r"""
(async () => {
await document.fonts.ready;
await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
const root = document.documentElement;
const every = selector => [...document.querySelectorAll(selector)];
const round = number => Math.round(number * 100) / 100;
const trim = text => text.replace(/\s+/g, " ").trim();
const about = (element, text) => ({tag: element.localName, text: trim(text).slice(0, 40),
                                   class: element.getAttribute("class") || ""});
const upwards = element => element ? [element, ...upwards(element.parentElement)] : [];
const within = element => upwards(element).slice(0, -2);  // without body and html
// In a box of one pixel is what is there for screen readers only.
const isClipped = it => Math.min(it.offsetWidth, it.offsetHeight) <= 1
    && getComputedStyle(it).overflowX !== "visible";
const isVisible = it => it.checkVisibility({opacityProperty: true, visibilityProperty: true})
    && !within(it).some(isClipped);

// Colours are [red, green, blue, alpha] from 0 to 1, the first three times the fourth.
const pixel = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
const colours = {}, colour = css => colours[css] ??= paintOf(css);
function paintOf(css) {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = "transparent";
    pixel.fillStyle = css;  // "none" is no colour, and leaves it transparent
    pixel.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = [...pixel.getImageData(0, 0, 1, 1).data].map(part => part / 255);
    return [r * a, g * a, b * a, a];
}
const fade = (paint, opacity) => paint.map(part => part * opacity);
const fillOf = style => fade(colour(style.fill), style.fillOpacity);
const over = (top, under) => top.map((part, index) => part + under[index] * (1 - top[3]));
const rgb = paint => `rgb(${paint.slice(0, 3).map(it => Math.round(it * 255)).join(", ")})`;
const probe = root.appendChild(document.createElement("i"));
probe.style = "position: absolute; background: Canvas";
const canvas = colour(getComputedStyle(probe).backgroundColor);
probe.remove();

function wcagContrast(...paints) {
    const linear = part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    const [dark, light] = paints.map(paint => paint.map(linear)).map(
        ([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b).sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
}

// What an SVG drew below its text, the topmost shape first.
function shapesBelow(svg, text, centre) {
    const isHit = shape => shape.isPointInFill(
        centre.matrixTransform(DOMMatrix.fromMatrix(shape.getScreenCTM()).inverse()));
    return [...svg.querySelectorAll("rect, path, circle, ellipse, polygon")].filter(shape =>
        isVisible(shape) && !shape.closest("defs, clipPath, mask, pattern, marker, symbol")
        && shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING && isHit(shape)
    ).reverse().map(shape => getComputedStyle(shape));
}

// The ink and what lies behind it, as they end up on the screen.
function onScreen(element, ink, centre) {
    let front = ink, back = colour("transparent"), onPicture = false;
    const lay = paint => [front, back] = [over(front, paint), over(back, paint)];
    for (const at of upwards(element)) {
        const style = getComputedStyle(at);
        if (at.localName === "svg" && !at.ownerSVGElement)
            shapesBelow(at, element, centre).forEach(it => lay(fade(fillOf(it), it.opacity)));
        onPicture ||= style.backgroundImage !== "none" && back[3] < 1;
        lay(colour(style.backgroundColor));
        [front, back] = [fade(front, style.opacity), fade(back, style.opacity)];
    }
    return {front: over(front, canvas), back: over(back, canvas), onPicture};
}

function measure(element, text, box) {
    const style = getComputedStyle(element), inSvg = element instanceof SVGElement;
    const {a, b, c, d} = inSvg ? element.getScreenCTM() : new DOMMatrix();  // how it is scaled
    const centre = new DOMPoint(box.x + box.width / 2, box.y + box.height / 2);
    const seen = onScreen(element, inSvg ? fillOf(style) : colour(style.color), centre);
    const size = parseFloat(style.fontSize);
    return {
        ...about(element, text), length: trim(text).length, font_px: round(size),
        font_px_on_screen: round(size * Math.sqrt(Math.abs(a * d - b * c))),
        contrast: round(wcagContrast(seen.front, seen.back)), colour: rgb(seen.front),
        background: rgb(seen.back), on_picture: seen.onPicture,
    };
}

function visibleTexts() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const range = document.createRange(), found = [];
    for (let node; (node = walker.nextNode());) {
        range.selectNodeContents(node);
        const box = [...range.getClientRects()].find(
            each => each.width > 0 && each.height > 0 && each.right > 0);
        if (trim(node.data) && box && isVisible(node.parentElement))
            found.push(measure(node.parentElement, node.data, box));
    }
    return found;
}

function pastRightEdge() {
    const rightOf = element => element.getBoundingClientRect().right + scrollX;
    const scrolls = at => ["auto", "scroll"].includes(getComputedStyle(at).overflowX);
    return every("body *:not(svg *)").filter(element =>
        rightOf(element) > root.clientWidth + 0.5 && isVisible(element)
        && !within(element.parentElement).some(scrolls)
    ).map(element => ({...about(element, element.textContent), right: round(rightOf(element))}));
}

function outsideReferences() {
    const css = [...every("link[href]").map(link => `url(${link.getAttribute("href")})`),
                 ...every("style").map(style => style.textContent),
                 ...every("[style]").map(styled => styled.getAttribute("style"))].join("\n");
    const outside = /(?:url\(\s*["']?|@import\s*["'])\s*((?:https?:)?\/\/[^"')\s]+)/gi;
    return [...css.matchAll(outside)].map(match => match[1]);
}

const texts = visibleTexts(), past = pastRightEdge(), body = getComputedStyle(document.body);
const least = key => texts.reduce((a, b) => a && a[key] <= b[key] ? a : b, null);
return {
    page: {title: document.title, lang: root.lang, scripts: every("script").length,
           outside_references: outsideReferences()},
    view: {
        scroll_width: root.scrollWidth, client_width: root.clientWidth, inner_width: innerWidth,
        scrolls_sideways: root.scrollWidth > root.clientWidth, height: root.scrollHeight,
        past_right_edge_count: past.length, past_right_edge: past.slice(0, 20),
        smallest_font: least("font_px_on_screen"), lowest_contrast: least("contrast"),
        texts_on_pictures: texts.filter(text => text.on_picture).length,
        text_length: texts.reduce((sum, {length}) => sum + length, 0), svgs: every("svg").length,
        body: {background: body.backgroundColor, colour: body.color,
               seen_background: rgb(onScreen(document.body, colour("transparent")).back)},
    },
};
})()
"""


class Trouble(Exception):
    """Why the page cannot be looked at."""


class Browser:
    """Chromium, spoken to over a pair of pipes."""

    def __init__(self, profile):
        self.events, self.calls = [], 0
        self.stderr = open(os.path.join(profile, "stderr"), "w", encoding="utf-8")
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # root cannot have one
        # Chromium reads what it is told from descriptor 3 and answers on 4.
        self.process = subprocess.Popen(
            ["sh", "-c", 'exec chromium "$@" 3<&0 4>&1 0</dev/null 1>&2', "sh",
             *FLAGS, *sandbox, f"--user-data-dir={profile}", "about:blank"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.stderr,
            env={**os.environ, "HOME": profile, "TMPDIR": profile}, start_new_session=True)
        self.messages = self._read()

    def _read(self):
        pending = bytearray()
        while chunk := self.process.stdout.read1():
            pending += chunk
            *messages, pending = pending.split(b"\0") if b"\0" in chunk else [pending]
            for message in map(json.loads, messages):
                self.events += [message] if "method" in message else []
                yield message
        raise Trouble(f"chromium ended: {pathlib.Path(self.stderr.name).read_text()[-200:]}")

    def _wait_for(self, wanted):
        return next(filter(wanted, itertools.chain(self.events[:], self.messages)))

    def call(self, method, session=None, **parameters):
        self.calls += 1
        order = {"id": self.calls, "method": method, "params": parameters}
        order |= {"sessionId": session} if session else {}
        self.process.stdin.write(json.dumps(order).encode() + b"\0")
        self.process.stdin.flush()
        answer = self._wait_for(lambda message: message.get("id") == self.calls)
        if "error" in answer:
            raise Trouble(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def facts(self, session):
        answer = self.call("Runtime.evaluate", session, expression=FACTS, awaitPromise=True,
                           returnByValue=True)
        if "exceptionDetails" in answer:
            raise Trouble(noted("Runtime.exceptionThrown", answer)[1])
        return answer["result"]["value"]

    def open(self, url, metrics, scheme):
        """Returns the session of a new tab that has loaded the page."""
        tab = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=tab, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable", session)
        self.call("Page.setLifecycleEventsEnabled", session, enabled=True)
        self.call("Emulation.setDeviceMetricsOverride", session, **metrics)
        preference = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", session, features=[preference])
        document = self.call("Page.navigate", session, url=url)["loaderId"]
        loaded = {("loaderId", document), ("name", "load")}
        self._wait_for(lambda message: loaded <= message.get("params", {}).items())
        return session


def noted(method, told):
    """Returns what an event tells of, if it is a request or an error, and its text."""
    if method in ("Network.requestWillBeSent", "Network.webSocketCreated"):
        return "request", told.get("request", told)["url"]
    if method == "Runtime.exceptionThrown":
        details = told["exceptionDetails"]
        thrown = details.get("exception", {})
        return "error", f"{details['text']} {thrown.get('description', thrown.get('value', ''))}"
    if method == "Runtime.consoleAPICalled" and told["type"] in ("error", "assert"):
        return "error", " ".join(str(it.get("value", it.get("description"))) for it in told["args"])
    if method == "Log.entryAdded" and told["entry"]["level"] == "error":
        return "error", f"{told['entry']['text']} {told['entry'].get('url', '')}".strip()
    return None, ""


def look(browser, url, folder):
    def keep(name, session, method, **parameters):
        data = base64.b64decode(browser.call(method, session, **parameters)["data"])
        (folder / name).write_bytes(data)
        return data

    views = {}
    for name, (metrics, scheme) in VIEWS.items():
        session = browser.open(url, metrics, scheme)
        facts = browser.facts(session)
        views[name] = facts["view"]
        keep(f"{name}.png", session, "Page.captureScreenshot", captureBeyondViewport=True)
    pages = re.findall(rb"/Type\s*/Page\b", keep("print.pdf", session, "Page.printToPDF", **A4))
    notes = dict.fromkeys(noted(event["method"], event["params"]) for event in browser.events)
    own = re.compile(re.escape(url) + "$|data:|blob:|about:")
    return {**facts["page"], "pdf_pages": len(pages),
            "requests": [text for kind, text in notes if kind == "request" and not own.match(text)],
            "errors": [text for kind, text in notes if kind == "error"], "views": views}


def stop(number, _frame):
    raise Trouble(f"longer than {SECONDS} s" if number == signal.SIGALRM else "interrupted")


def main(arguments):
    if len(arguments) != 2:
        raise Trouble("usage: look_at_page.py PAGE.html FOLDER")
    page, folder = map(pathlib.Path, arguments)
    page.open().close()  # fails here if it cannot be read
    folder.mkdir(parents=True, exist_ok=True)
    for number in SIGNALS:
        signal.signal(number, stop)
    signal.alarm(SECONDS)
    browser, profile = None, tempfile.mkdtemp(prefix="look_at_page-")
    try:
        browser = Browser(profile)
        seen = look(browser, page.resolve().as_uri(), folder)
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        if browser:
            os.killpg(browser.process.pid, signal.SIGKILL)
            browser.process.wait()
        while os.path.exists(profile):  # what was killed may still be writing there
            shutil.rmtree(profile, ignore_errors=True)
    print(json.dumps(seen, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (Trouble, OSError, KeyError) as error:
        print("look_at_page:", " ".join(str(error).split()), file=sys.stderr)
        sys.exit(2)
