#include "page/page_headers.h"

#include <stddef.h>

/* Scripts and styles come from the page's own files, never from its text, and
 * no text can become a script by any function of the browser (Trusted Types
 * without a policy). connect-src 'self' is the port's own origin, WebSocket
 * included. Pictures of data: URLs are those that the page draws. */
#define CONTENT_SECURITY_POLICY                                                \
    "default-src 'none'; script-src 'self'; style-src 'self'; "                \
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; "              \
    "form-action 'none'; frame-ancestors 'none'; "                             \
    "require-trusted-types-for 'script'; trusted-types 'none'"

static const struct http_header always[] = {
    {"Content-Security-Policy", CONTENT_SECURITY_POLICY},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"}, /* for what does not know frame-ancestors */
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), microphone=(), geolocation=(), usb=(), "
                           "serial=(), payment=()"},
    {"Origin-Agent-Cluster", "?1"},
};

static const char *const keeping[] = {
    [PAGE_DONT_KEEP] = "no-store",
    [PAGE_KEEP_AND_ASK] = "no-cache",
    [PAGE_KEEP_FOREVER] = "public, max-age=31536000, immutable", /* a year */
};

void page_headers(struct http_exchange *exchange, enum page_keep keep)
{
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
        http_answer_header(exchange, always[i].name, always[i].value);
    http_answer_header(exchange, "Cache-Control", keeping[keep]);
}
