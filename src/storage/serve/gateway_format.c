/*
 * Accept is a list of media types, each with parameters (RFC 9110, 12.5.1).
 * The first type that is served counts, and weights other than 0 are not
 * compared, because no client prefers one of the two formats to the other.
 */
#include "storage/serve/gateway_format.h"

#include "base/bytes.h"
#include "base/error.h"

#include <strings.h>

/* White space that may stand around the parts of a list (RFC 9110, 5.6.3). */
static struct bytes trimmed(struct bytes text)
{
    while (text.size && strchr(" \t", text.data[0]) && text.data[0])
        text = bytes_make(text.data + 1, text.size - 1);
    while (text.size && strchr(" \t", text.data[text.size - 1]) &&
           text.data[text.size - 1])
        text.size--;
    return text;
}

/* The part before the next separator, trimmed, cut off the front of the text.
 * A comma within quotes separates, too: no type that is served has one. */
static struct bytes next_part(struct bytes *text, char separator)
{
    size_t end = 0;

    while (end < text->size && text->data[end] != (uint8_t)separator)
        end++;
    struct bytes part = bytes_make(text->data, end);
    size_t taken = end < text->size ? end + 1 : end;
    *text = bytes_make(text->data + taken, text->size - taken);
    return trimmed(part);
}

/* Types and names of parameters are the same in any case. */
static bool is(struct bytes text, const char *word)
{
    return text.size == strlen(word) &&
           !strncasecmp((const char *)text.data, word, text.size);
}

/* A weight of zero, "0" or "0.000": the type is not acceptable. */
static bool is_zero(struct bytes weight)
{
    for (size_t i = 0; i < weight.size; i++)
        if (weight.data[i] != '0' && weight.data[i] != '.')
            return false;
    return weight.size > 0;
}

static int check_version(struct bytes version)
{
    if (is(version, "1") || is(version, "\"1\""))
        return 0;
    return err_set(ERR_INVALID, "archives are CAR version 1, not %.*s",
                   (int)(version.size > 40 ? 40 : version.size),
                   (const char *)version.data);
}

/* One type of the list with its parameters. *out stays FILE for one that is
 * not served or not acceptable. */
static int read_type(struct bytes item, enum gateway_format *out)
{
    struct bytes type = next_part(&item, ';');
    struct bytes version = bytes_text("1");
    bool is_acceptable = true;

    while (item.size) {
        struct bytes value = next_part(&item, ';');
        struct bytes name = next_part(&value, '=');
        value = trimmed(value);
        if (is(name, "q"))
            is_acceptable = !is_zero(value);
        else if (is(name, "version"))
            version = value;
    }
    if (!is_acceptable)
        return 0;
    if (is(type, GATEWAY_TYPE_RAW))
        *out = GATEWAY_RAW;
    if (!is(type, GATEWAY_TYPE_CAR))
        return 0;
    *out = GATEWAY_CAR;
    return check_version(version);
}

static int read_accept(const char *accept, enum gateway_format *out)
{
    struct bytes list = bytes_text(accept);
    int status = 0;

    while (!status && *out == GATEWAY_FILE && list.size)
        status = read_type(next_part(&list, ','), out);
    return status;
}

static int read_query(const char *format, const char *version,
                      enum gateway_format *out)
{
    if (!strcmp(format, "raw"))
        *out = GATEWAY_RAW;
    else if (!strcmp(format, "car"))
        *out = GATEWAY_CAR;
    else
        return err_set(ERR_UNSUPPORTED,
                       "the formats served are raw and car, not \"%.40s\"",
                       format);
    return *out == GATEWAY_CAR && version ? check_version(bytes_text(version))
                                          : 0;
}

int gateway_format_read(struct http_exchange *exchange,
                        enum gateway_format *out)
{
    const char *format = http_query(exchange, "format");
    const char *accept = http_header(exchange, "Accept");

    *out = GATEWAY_FILE;
    if (format && *format)
        return read_query(format, http_query(exchange, "car-version"), out);
    return accept ? read_accept(accept, out) : 0;
}
