#include "page/cookie.h"

static struct bytes trim(struct bytes text)
{
    while (text.size && (*text.data == ' ' || *text.data == '\t')) {
        text.data++;
        text.size--;
    }
    while (text.size && (text.data[text.size - 1] == ' ' ||
                         text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

/* Up to a byte, which is stepped over; or the rest. */
static struct bytes take_until(struct bytes *rest, uint8_t end)
{
    const uint8_t *at = rest->size ? memchr(rest->data, end, rest->size) : NULL;
    size_t size = at ? (size_t)(at - rest->data) : rest->size;
    struct bytes piece = bytes_make(rest->data, size);

    *rest = at ? bytes_make(at + 1, rest->size - size - 1) : (struct bytes){0};
    return piece;
}

/* A pair without '=' is no cookie's name. */
bool cookie_next(struct bytes *rest, const char *name, struct bytes *value)
{
    while (rest->size) {
        struct bytes pair = take_until(rest, ';');

        if (!memchr(pair.data, '=', pair.size))
            continue;
        struct bytes found = trim(take_until(&pair, '='));
        if (!bytes_equal(found, bytes_text(name)))
            continue;
        *value = trim(pair);
        return true;
    }
    return false;
}
