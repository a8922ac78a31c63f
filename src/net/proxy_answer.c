#include "net/proxy_answer.h"

#include <string.h>

const char *proxy_answer_text(enum proxy_answer answer)
{
    static const char *const texts[] = {
        [PROXY_OPEN] = "open",
        [PROXY_NO_HOST] = "no such host",
        [PROXY_REFUSED] = "connection refused",
        [PROXY_DENIED] = "this node does not let tasks connect there",
        [PROXY_SILENT] = "no answer in time",
        [PROXY_TOO_MANY] = "too many open connections of the task",
        [PROXY_UNREACHABLE] = "no way to the host",
    };
    return texts[answer];
}

/* RFC 9110, 15: forbidden, too many requests, bad gateway, gateway timeout. */
static int status_of(enum proxy_answer answer)
{
    return answer == PROXY_DENIED     ? 403
           : answer == PROXY_TOO_MANY ? 429
           : answer == PROXY_SILENT   ? 504
                                      : 502;
}

void proxy_answer_write(enum proxy_kind kind, enum proxy_answer answer,
                        struct buffer *out)
{
    const char *text = proxy_answer_text(answer);
    if (kind == PROXY_LINES)
        buffer_u8(out, (uint8_t)answer);
    else
        buffer_format(out,
                      "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\n"
                      "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
                      status_of(answer), text, strlen(text), text);
}
