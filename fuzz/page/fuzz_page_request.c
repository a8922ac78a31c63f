/*
 * What a browser, or somebody who plays one, sends to a page's server: Host,
 * Origin, Sec-Fetch-Site and Cookie, with a NUL behind each; and a line of the
 * kernel's list. Who passes has a loopback name and no foreign origin, and a
 * cookie's value is a piece of the header.
 */
#include "base/check.h"
#include "page/cookie.h"
#include "page/page_guard.h"

#include <stdlib.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next text, copied; the last one is the rest. */
static char *take(struct bytes *rest)
{
    const uint8_t *end = rest->size ? memchr(rest->data, 0, rest->size) : NULL;
    size_t size = end ? (size_t)(end - rest->data) : rest->size;
    char *text = malloc(size + 1);

    CHECK(text);
    if (size)
        memcpy(text, rest->data, size);
    text[size] = 0;
    *rest =
        end ? bytes_make(end + 1, rest->size - size - 1) : (struct bytes){0};
    return text;
}

static void check_guard(const char *host, const char *origin, const char *site)
{
    const struct page_guard guard = {.user = 1000};
    const struct page_request request = {.method = "POST",
                                         .path = PAGE_PATH_API,
                                         .host = host,
                                         .origin = *origin ? origin : NULL,
                                         .fetch_site = *site ? site : NULL};

    if (page_guard_judge(&guard, &request) != PAGE_PASS)
        return;
    CHECK(!strncmp(host, "127.0.0.1", 9) || !strncmp(host, "[::1]", 5) ||
          !strncasecmp(host, "localhost", 9));
    CHECK(!strpbrk(host, "@/ ,;") && strlen(host) < 24);
    CHECK(!*origin ||
          (!strncmp(origin, "http://", 7) && !strcasecmp(origin + 7, host)));
    CHECK(!*site || !strcmp(site, "same-origin"));
}

static void check_cookies(const char *header)
{
    struct bytes rest = bytes_text(header), value;

    while (cookie_next(&rest, "pond-abc", &value)) {
        CHECK((const char *)value.data >= header);
        CHECK((const char *)value.data + value.size <= header + strlen(header));
        CHECK(!value.size || !memchr(value.data, ';', value.size));
        CHECK(!value.size ||
              (*value.data != ' ' && value.data[value.size - 1] != ' '));
    }
}

static void check_line(const char *line)
{
    struct sockaddr_storage own = {.ss_family = AF_INET};
    struct sockaddr_storage other = {.ss_family = AF_INET6};
    uid_t user = 7;

    if (socket_owner_read(line, false, &own, &own, &user) != SOCKET_OWNER_KNOWN)
        CHECK(user == 7);
    (void)socket_owner_read(line, true, &own, &other, &user);
    (void)socket_owner_read(line, true, &other, &other, &user);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = bytes_make(data, size);
    char *texts[5];

    for (size_t i = 0; i < 5; i++)
        texts[i] = take(&rest);
    check_guard(texts[0], texts[1], texts[2]);
    check_cookies(texts[3]);
    check_line(texts[4]);
    for (size_t i = 0; i < 5; i++)
        free(texts[i]);
    return 0;
}
