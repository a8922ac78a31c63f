/*
 * URLs, targets and queries. What is taken must come out the same when it is
 * written and read again.
 */
#include "base/check.h"
#include "net/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_url(struct bytes text)
{
    struct url url, again;
    struct buffer written = {0};
    if (url_parse(text, &url))
        return;
    buffer_format(&written, "%s://", url.scheme);
    url_authority(&url, &written);
    buffer_bytes(&written, url.target);
    if (written.size <= URL_SIZE_MAX) { /* a port may have been added */
        CHECK(!url_parse(buffer_view(&written), &again));
        CHECK(again.port == url.port && !strcmp(again.host, url.host));
        CHECK(bytes_equal(again.target, url.target));
    }
    buffer_free(&written);
}

static void check_encoding(struct bytes text)
{
    struct buffer decoded = {0}, encoded = {0}, again = {0};
    if (!url_decode(text, true, &decoded)) {
        url_encode(buffer_view(&decoded), &encoded);
        CHECK(!url_decode(buffer_view(&encoded), false, &again));
        CHECK(bytes_equal(buffer_view(&decoded), buffer_view(&again)));
    }
    buffer_free(&decoded);
    buffer_free(&encoded);
    buffer_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = bytes_make(data, size), path, query, name, value;
    struct buffer found = {0};
    check_url(text);
    check_encoding(text);
    url_split(text, &path, &query);
    CHECK(path.size + query.size <= size);
    struct bytes rest = query;
    while (url_query_next(&rest, &name, &value))
        CHECK(name.size + value.size <= query.size);
    url_query_get(query, "name", &found);
    buffer_free(&found);
    return 0;
}
