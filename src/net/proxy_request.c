/*
 * Strict where leniency would let two readers differ: lines end in CRLF or LF,
 * a host has the characters of names and addresses, a port is digits.
 */
#include "net/proxy_request.h"

#include "base/error.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

static bool is_host_character(uint8_t byte)
{
    return isalnum(byte) || byte == '.' || byte == '-' || byte == '_' ||
           byte == ':';
}

/* Brackets, which an IPv6 address may have, are left out. */
static int take_host(struct bytes text, struct proxy_request *out)
{
    if (text.size > 2 && text.data[0] == '[' && text.data[text.size - 1] == ']')
        text = bytes_make(text.data + 1, text.size - 2);
    if (!text.size || text.size >= sizeof(out->host))
        return err_set(ERR_INVALID, "no host, or one that is too long");
    for (size_t i = 0; i < text.size; i++) {
        if (!is_host_character(text.data[i]))
            return err_set(ERR_INVALID, "a host has no such characters");
        out->host[i] = (char)tolower(text.data[i]);
    }
    out->host[text.size] = 0;
    return 0;
}

static int take_port(struct bytes text, struct proxy_request *out)
{
    uint32_t port = 0;
    for (size_t i = 0; i < text.size && port <= UINT16_MAX; i++) {
        if (!isdigit(text.data[i]))
            return err_set(ERR_INVALID, "a port is a number");
        port = port * 10 + (text.data[i] - '0');
    }
    if (!port || port > UINT16_MAX)
        return err_set(ERR_INVALID, "no such port");
    out->port = (uint16_t)port;
    return 0;
}

/* The next line without its end; *rest is what follows. */
static bool take_line(struct bytes *rest, struct bytes *line)
{
    const uint8_t *end =
        rest->size ? memchr(rest->data, '\n', rest->size) : NULL;
    if (!end)
        return false;
    size_t size = (size_t)(end - rest->data);
    *line = bytes_make(rest->data, size);
    if (size && line->data[size - 1] == '\r')
        line->size--;
    *rest = bytes_make(end + 1, rest->size - size - 1);
    return true;
}

/* The part before the last occurrence of a byte, and the one behind. */
static bool split_last(struct bytes text, uint8_t at, struct bytes *before,
                       struct bytes *behind)
{
    const uint8_t *place = text.size ? memrchr(text.data, at, text.size) : NULL;
    if (!place)
        return false;
    *before = bytes_make(text.data, (size_t)(place - text.data));
    *behind = bytes_make(place + 1, text.size - before->size - 1);
    return true;
}

static bool split_first(struct bytes text, uint8_t at, struct bytes *before,
                        struct bytes *behind)
{
    const uint8_t *place = text.size ? memchr(text.data, at, text.size) : NULL;
    if (!place)
        return false;
    *before = bytes_make(text.data, (size_t)(place - text.data));
    *behind = bytes_make(place + 1, text.size - before->size - 1);
    return true;
}

static int parse_target(struct bytes text, uint8_t separator,
                        struct proxy_request *out)
{
    struct bytes host, port;
    if (!split_last(text, separator, &host, &port))
        return err_set(ERR_INVALID, "no port");
    int status = take_host(host, out);
    return status ? status : take_port(port, out);
}

static bool is_name(struct bytes name, const char *wanted)
{
    return name.size == strlen(wanted) &&
           !strncasecmp((const char *)name.data, wanted, name.size);
}

/* Fields for this proxy and about this connection (RFC 9110, 7.6.1). */
static bool is_for_proxy(struct bytes line)
{
    struct bytes name, value;
    return split_first(line, ':', &name, &value) &&
           (is_name(name, "connection") || is_name(name, "proxy-connection") ||
            is_name(name, "proxy-authorization") ||
            is_name(name, "keep-alive"));
}

/* The head for the host. What it does not begin with is the target. */
static int rewrite(struct bytes method, struct bytes target, struct bytes rest,
                   struct proxy_request *out)
{
    struct url url;
    struct bytes line;
    int status = url_parse(target, &url);
    if (!status && strcmp(url.scheme, "http") != 0)
        status = err_set(ERR_INVALID, "a proxy takes http URLs only");
    if (!status)
        status = take_host(bytes_text(url.host), out);
    if (status)
        return status;
    out->port = url.port;
    buffer_bytes(&out->head, method);
    buffer_text(&out->head, " ");
    if (!url.target.size || url.target.data[0] != '/')
        buffer_text(&out->head, "/");
    buffer_bytes(&out->head, url.target);
    buffer_text(&out->head, " HTTP/1.1\r\n");
    while (take_line(&rest, &line) && line.size) {
        if (is_for_proxy(line))
            continue;
        buffer_bytes(&out->head, line);
        buffer_text(&out->head, "\r\n");
    }
    buffer_text(&out->head, "Connection: close\r\n\r\n");
    return 0;
}

/* The size of the head with its empty line; 0: it is not all here. */
static size_t head_size(struct bytes came)
{
    struct bytes rest = came, line;
    while (take_line(&rest, &line))
        if (!line.size)
            return came.size - rest.size;
    return 0;
}

static int parse_http(struct bytes came, struct proxy_request *out)
{
    struct bytes line, method, target, version;
    out->size = head_size(came);
    if (!out->size)
        return err_set(ERR_BUSY, "the head is not all here");
    struct bytes rest = bytes_make(came.data, out->size);
    if (!take_line(&rest, &line) || !split_first(line, ' ', &method, &target) ||
        !split_last(target, ' ', &target, &version) || !method.size ||
        !is_name(bytes_make(version.data, version.size < 7 ? 0 : 7), "HTTP/1."))
        return err_set(ERR_INVALID, "no request line of HTTP/1");
    out->is_tunnel = bytes_equal(method, bytes_text("CONNECT"));
    return out->is_tunnel ? parse_target(target, ':', out)
                          : rewrite(method, target, rest, out);
}

/* False: the line is about a connection. */
static bool asks_for_records(struct bytes what, struct proxy_request *out)
{
    out->records = is_name(what, "srv") ? NAME_SRV : NAME_TXT;
    return is_name(what, "srv") || is_name(what, "txt");
}

static int parse_line(struct bytes came, struct proxy_request *out)
{
    struct bytes rest = came, line, name, what;
    if (!take_line(&rest, &line))
        return err_set(ERR_BUSY, "the line is not all here");
    out->size = came.size - rest.size;
    if (split_last(line, ' ', &name, &what) && asks_for_records(what, out))
        return take_host(name, out);
    return parse_target(line, ' ', out);
}

int proxy_request_parse(enum proxy_kind kind, struct bytes came,
                        struct proxy_request *out)
{
    memset(out, 0, sizeof(*out));
    int status =
        kind == PROXY_LINES ? parse_line(came, out) : parse_http(came, out);
    if (status == ERR_BUSY && came.size >= PROXY_HEAD_MAX)
        status =
            err_set(ERR_LIMIT, "a head of more than %d bytes", PROXY_HEAD_MAX);
    if (status)
        buffer_free(&out->head);
    return status;
}
