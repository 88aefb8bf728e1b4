-- Asks rocket-bearer whether a request may pass; see haproxy.cfg.

local identity = { "x-auth-subject", "x-auth-scope", "x-auth-issuer" }

-- What a client is told of a refusal.
local told = {
    "content-type", "cache-control", "www-authenticate", "retry-after", "vary",
    "access-control-allow-origin", "access-control-expose-headers", "dpop-nonce",
}

local function ask(txn, address)
    local asked = { ["host"] = { address } }
    -- What a proof has to be for (`forward.original = "x-original"`).
    asked["x-original-method"] = { txn.f:method() }
    asked["x-original-uri"] = { txn.f:path() }
    -- All there are: which of two counts is not for us to say.
    for _, name in ipairs({ "authorization", "dpop", "origin" }) do
        asked[name] = {}
        for index, value in pairs(txn.http:req_get_headers()[name] or {}) do
            asked[name][index + 1] = value
        end
    end

    local url = "http://" .. address .. "/auth" .. (txn:get_var("txn.query") or "")
    local answer = core.httpclient():get { url = url, headers = asked, timeout = 5000 }

    if answer.status == 204 then
        for _, name in ipairs(identity) do
            local value = (answer.headers[name] or {})[0] or ""
            if value ~= "" then
                txn.http:req_set_header(name, value)
                -- One that finds no room is left out without a word, and nobody passes without it.
                local set = txn.http:req_get_headers()[name]
                if not set or set[0] ~= value then return end
            end
        end
        local origin = (answer.headers["access-control-allow-origin"] or {})[0]
        if origin then txn:set_var("txn.allow_origin", origin) end
        local nonce = (answer.headers["dpop-nonce"] or {})[0]
        if nonce then txn:set_var("txn.dpop_nonce", nonce) end
        txn:set_var("txn.bearer", "accepted")
        return
    end

    local refusal = txn:reply { status = 503 }
    if answer.status == 401 or answer.status == 403 or answer.status == 503 then
        refusal:set_status(answer.status)
        for _, name in ipairs(told) do
            for _, value in pairs((answer.headers or {})[name] or {}) do
                refusal:add_header(name, value)
            end
        end
        refusal:set_body(answer.body or "")
    end
    txn:done(refusal)
end

core.register_action("bearer", { "http-req" }, ask, 1)
