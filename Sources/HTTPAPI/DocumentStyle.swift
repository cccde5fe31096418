extension DocumentPage {
    static let introduction = """
        <section><h1 id="start">Guildhall API</h1>
        <p>Send <code>Authorization: Bearer &lt;key&gt;</code>. Bodies are <code>application/json</code>, at most 32
        levels deep, without U+0000 and without members that are not named here. Times are RFC 3339, ids lower-case
        UUIDs, money whole minor units beside its currency.</p>
        <p><b>Errors</b> are <code>application/problem+json</code> (RFC 9457). Branch on <code>code</code>; it is listed
        <a href="#codes">below</a>. <code>errors</code> names the offending members by JSON Pointer, or the parameters.
        Every answer carries <code>X-Request-Id</code>.</p>
        <p><b>Repeating</b>: with an <code>Idempotency-Key</code> (1 to 255 printable ASCII characters) the answer is
        stored in the transaction that did the work and kept for three days; a repeat gets it again with
        <code>Idempotent-Replayed: true</code>.</p>
        <p><b>Lists</b> come in pages: ask again with the <code>next</code> of the page before until it is null.
        <code>fields=a,b</code> asks for those members alone. Every GET has an <code>ETag</code>;
        <code>If-None-Match</code> saves the transfer.</p>
        <p><b>Limits</b> are told in <code>RateLimit</code> and <code>RateLimit-Policy</code>; 429 and 503 come with
        <code>Retry-After</code>. The same as <a href="/openapi.json">OpenAPI 3.1</a>.</p></section>
        """

    static let style = """
        :root{--line:#d8dee6;--soft:#f5f7fa;--text:#1c2430;--dim:#5b6778;--link:#0b57a4}
        @media(prefers-color-scheme:dark){:root{--line:#333c48;--soft:#1b212a;--text:#e3e8ef;--dim:#9aa7b8;
        --link:#7db7f5}body{background:#12161c}}
        *{box-sizing:border-box}body{margin:0;color:var(--text);font:15px/1.5 system-ui,sans-serif;display:flex}
        nav{position:sticky;top:0;height:100vh;overflow:auto;width:270px;flex:none;padding:16px;
        border-right:1px solid var(--line);background:var(--soft)}
        nav a{display:block;color:var(--text);text-decoration:none;padding:2px 0;font-weight:600}
        nav a.one{font-weight:400;padding-left:12px;font-size:13px;color:var(--dim)}
        nav a:hover,a{color:var(--link)}input{width:100%;margin:10px 0;padding:6px 8px;border:1px solid var(--line);
        border-radius:6px;background:transparent;color:inherit;font:inherit}
        main{padding:16px 32px;max-width:1000px;min-width:0;flex:1}
        article{border-top:1px solid var(--line);padding:8px 0 16px}h3{margin:8px 0;overflow-wrap:anywhere}
        h4{margin:12px 0 4px;font-size:13px;color:var(--dim)}
        h3 span{font-size:12px;color:#fff;padding:2px 8px;border-radius:4px;background:#4a6b8a}
        h3 .post{background:#27734b}h3 .put{background:#8a5a12}h3 .delete{background:#9c2f2f}
        table{border-collapse:collapse;width:100%;font-size:14px}
        td{border-bottom:1px solid var(--line);padding:4px 10px 4px 0;vertical-align:top;overflow-wrap:anywhere}
        td td{border:0}pre{background:var(--soft);padding:10px;overflow:auto;border-radius:6px}
        .rule{color:var(--dim)}:target{scroll-margin-top:12px;background:var(--soft)}
        @media(max-width:800px){body{display:block}nav{position:static;width:auto;height:auto;max-height:40vh}
        main{padding:12px}}
        """

    /// Hides what does not hold every word that is searched for.
    static let script = """
        const search=document.getElementById('search');
        search.addEventListener('input',()=>{const words=search.value.toLowerCase().split(/\\s+/);
        const has=e=>words.every(w=>e.textContent.toLowerCase().includes(w));
        for(const a of document.querySelectorAll('article,#codes~table tr')){a.hidden=!has(a);
        const link=document.querySelector('nav a[href="#'+a.id+'"]');if(link)link.hidden=a.hidden}});
        """
}
