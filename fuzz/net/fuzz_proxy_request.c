/*
 * Requests to the proxy of a task. What is taken is within its limits, and the
 * head that is written for the host has no line that was the proxy's.
 */
#include "base/check.h"
#include "net/proxy_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(enum proxy_kind kind, struct bytes came)
{
    struct proxy_request request;
    if (proxy_request_parse(kind, came, &request))
        return;
    CHECK(request.size > 0 && request.size <= came.size);
    CHECK(request.port > 0 || (kind == PROXY_LINES && !request.is_tunnel));
    size_t length = strlen(request.host);
    CHECK(length > 0 && length < sizeof(request.host));
    CHECK(strcspn(request.host, " \t\r\n/@\"") == length);
    CHECK(request.is_tunnel || kind == PROXY_LINES || request.head.size > 0);
    if (request.head.size) {
        struct bytes end = bytes_text("Connection: close\r\n\r\n");
        CHECK(request.head.size > end.size);
        CHECK(!memcmp(request.head.data + request.head.size - end.size,
                      end.data, end.size));
    }
    buffer_free(&request.head);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check(PROXY_LINES, bytes_make(data, size));
    check(PROXY_HTTP, bytes_make(data, size));
    return 0;
}
