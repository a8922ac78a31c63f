/*
 * Only what this program needs of RFC 3986, and strict where browsers are
 * lenient: what is not understood is refused instead of repaired. A URL that
 * two parsers read differently is how requests get past a check of the host,
 * so there are no user names, no escapes and no international names in hosts,
 * and no white space or control characters anywhere.
 */
#include "net/url.h"

#include "base/check.h"
#include "base/error.h"

/* A scheme, and the port that it means by itself. */
struct scheme {
    const char *name;
    uint16_t port;
};

static const struct scheme schemes[] = {
    {"http", 80}, {"https", 443}, {"ws", 80}, {"wss", 443}};

/* ASCII only: hosts and schemes have nothing else. */
static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* The text after its first count bytes. */
static struct bytes skip(struct bytes text, size_t count)
{
    CHECK(count <= text.size);
    return count ? bytes_make(text.data + count, text.size - count) : text;
}

/* Where the first of the characters in stops stands; the size if none does. */
static size_t find(struct bytes text, const char *stops)
{
    size_t at = 0;
    while (at < text.size && !(text.data[at] && strchr(stops, text.data[at])))
        at++;
    return at;
}

/* Cut a scheme that is listed off the front, in any case, and set its port. */
static int parse_scheme(struct bytes *text, struct url *out)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
        const char *name = schemes[i].name;
        size_t size = strlen(name), same = 0;
        /* "http" is the beginning of "https", so "://" has to follow. */
        if (text->size < size + 3 || memcmp(text->data + size, "://", 3) != 0)
            continue;
        while (same < size && lower(text->data[same]) == (uint8_t)name[same])
            same++;
        if (same < size)
            continue;
        memcpy(out->scheme, name, size + 1);
        out->port = schemes[i].port;
        *text = skip(*text, size + 3);
        return 0;
    }
    return err_set(ERR_INVALID, "it begins with http://, https://, ws:// or "
                                "wss://");
}

/* Letters, digits and what else stands in names and addresses; percent escapes
 * and internationalised names have to come in their ASCII form. c in lower
 * case. */
static bool is_host_byte(uint8_t c, bool ipv6)
{
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))
        return true;
    if (ipv6)
        return c == ':' || c == '.';
    return (c >= 'g' && c <= 'z') || c == '-' || c == '.' || c == '_';
}

/* A name or address in lower case into out, checked character by character.
 * Whether it exists is found by connecting. */
static int parse_host(struct bytes host, struct url *out)
{
    if (!host.size || host.size >= sizeof(out->host))
        return err_set(ERR_INVALID, "a host has 1 to %zu characters",
                       sizeof(out->host) - 1);
    for (size_t i = 0; i < host.size; i++) {
        uint8_t c = lower(host.data[i]);
        if (!is_host_byte(c, out->host_is_ipv6))
            return err_set(ERR_INVALID, "character 0x%02x in the host", c);
        out->host[i] = (char)c;
    }
    out->host[host.size] = 0;
    return 0;
}

/* An empty port is the scheme's own (RFC 3986, 3.2.3). */
static int parse_port(struct bytes digits, struct url *out)
{
    uint32_t port = 0;
    if (!digits.size)
        return 0;
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return err_set(ERR_INVALID, "the port is not a number");
        /* No overflow: the loop ends past 65535. */
        port = port * 10 + (uint32_t)(digits.data[i] - '0');
        if (port > UINT16_MAX)
            break;
    }
    if (port < 1 || port > UINT16_MAX)
        return err_set(ERR_INVALID, "a port is 1 to 65535");
    out->port = (uint16_t)port;
    return 0;
}

/* host, host:port, [ipv6] or [ipv6]:port (RFC 3986, 3.2). */
static int parse_authority(struct bytes authority, struct url *out)
{
    size_t end;
    struct bytes host = authority;
    if (find(authority, "@") < authority.size)
        return err_set(ERR_INVALID,
                       "a user name or password in it is not allowed");
    out->host_is_ipv6 = authority.size && authority.data[0] == '[';
    if (out->host_is_ipv6) {
        host = skip(authority, 1);
        end = find(host, "]");
        if (end == host.size)
            return err_set(ERR_INVALID, "the bracket is not closed");
        /* Nothing or a port follows the bracket. */
        authority = skip(host, end + 1);
    } else {
        end = find(host, ":");
        authority = skip(host, end);
    }
    int status = parse_host(bytes_make(host.data, end), out);
    if (status || !authority.size)
        return status;
    if (authority.data[0] != ':')
        return err_set(ERR_INVALID, "only a port may follow the host");
    return parse_port(skip(authority, 1), out);
}

/* The order matters: what could split a request's line is refused before any
 * part is looked at. */
int url_parse(struct bytes text, struct url *out)
{
    struct bytes rest = text;
    int status;
    *out = (struct url){0};
    if (text.size > URL_SIZE_MAX)
        return err_set(ERR_INVALID, "a URL of %zu bytes; at most %d", text.size,
                       URL_SIZE_MAX);
    for (size_t i = 0; i < text.size; i++)
        /* White space and controls could end a request's line early. */
        if (text.data[i] <= ' ' || text.data[i] == 0x7f) {
            status = err_set(ERR_INVALID, "byte 0x%02x in it", text.data[i]);
            goto refused;
        }
    status = parse_scheme(&rest, out);
    if (status)
        goto refused;
    size_t end = find(rest, "/?#");
    status = parse_authority(bytes_make(rest.data, end), out);
    if (status)
        goto refused;
    /* The target begins at the slash or question mark. A fragment is for the
     * client and is not sent. */
    rest = skip(rest, end);
    out->target = bytes_make(rest.data, find(rest, "#"));
    return 0;
refused:
    return err_add(status, "URL %.*s", (int)(text.size > 200 ? 200 : text.size),
                   (const char *)text.data);
}

/* The port always, also the scheme's own: as the Host header may have it. */
void url_authority(const struct url *url, struct buffer *out)
{
    buffer_format(out, url->host_is_ipv6 ? "[%s]:%u" : "%s:%u", url->host,
                  url->port);
}

/* -1 for no hexadecimal digit. */
static int hex_value(uint8_t c)
{
    c = lower(c);
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A NUL would end the C string that the result becomes, and what the check
 * saw would not be what the file system sees; so it is refused even encoded. */
int url_decode(struct bytes text, bool plus_is_space, struct buffer *out)
{
    size_t begin = out->size;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%') {
            int high = i + 2 < text.size ? hex_value(text.data[i + 1]) : -1;
            int low = i + 2 < text.size ? hex_value(text.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                goto broken;
            c = (uint8_t)(high << 4 | low);
            i += 2;
        }
        if (!c)
            goto broken;
        buffer_u8(out, c);
    }
    /* Checked at the end, as an escape may be one byte of a character. */
    if (out->size == begin ||
        bytes_is_utf8(bytes_make(out->data + begin, out->size - begin)))
        return 0;
broken:
    /* Nothing appended on an error. */
    out->size = begin;
    return err_set(ERR_INVALID, "the percent-encoding is broken");
}

/* Single bytes are encoded, in any encoding; upper case as RFC 3986 prefers. */
void url_encode(struct bytes text, struct buffer *out)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i], letter = lower(c);
        /* strchr() would find the NUL at the text's end. */
        if ((letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') ||
            (c && strchr("-._~", c)))
            buffer_u8(out, c);
        else
            buffer_format(out, "%%%02X", c);
    }
}

/* A second '?' belongs to the query. */
void url_split(struct bytes target, struct bytes *path, struct bytes *query)
{
    size_t end = find(target, "?");
    *path = bytes_make(target.data, end);
    *query = end < target.size ? skip(target, end + 1) : (struct bytes){0};
}

/* "a&&b" has two parts; "a" without '=' is a name with an empty value. */
bool url_query_next(struct bytes *rest, struct bytes *name, struct bytes *value)
{
    while (rest->size) {
        size_t end = find(*rest, "&");
        struct bytes part = bytes_make(rest->data, end);
        *rest = skip(*rest, end < rest->size ? end + 1 : end);
        if (!part.size)
            continue;
        /* A value may hold further ones. */
        size_t equals = find(part, "=");
        *name = bytes_make(part.data, equals);
        *value = skip(part, equals < part.size ? equals + 1 : equals);
        return true;
    }
    return false;
}

/* A name that is not decodable can't be the one asked for, and is no error. */
int url_query_get(struct bytes query, const char *name, struct buffer *out)
{
    struct bytes part_name, value;
    struct buffer decoded = {0};
    int status = ERR_NOT_FOUND;
    while (status == ERR_NOT_FOUND &&
           url_query_next(&query, &part_name, &value)) {
        buffer_clear(&decoded);
        if (url_decode(part_name, true, &decoded))
            continue;
        if (bytes_equal(buffer_view(&decoded), bytes_text(name)))
            status = url_decode(value, true, out);
    }
    buffer_free(&decoded);
    return status;
}
