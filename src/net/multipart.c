/*
 * One state machine over bytes:
 *
 *   PREAMBLE   before the first boundary: dropped
 *   BOUNDARY   after one: its line's end, or "--"
 *   HEAD       a part's head, gathered up to the empty line
 *   DATA       a part's bytes, up to the next boundary
 *   EPILOGUE   after the last boundary: dropped
 *
 * A boundary is "\r\n--" and the text of the header. Between two pieces only
 * the number of its bytes that have matched is kept. "\r" is nowhere else in a
 * boundary, so after a failed match the next can begin at the failed byte at
 * the earliest. The body counts as beginning after a line's end, because its
 * first bytes may be a boundary.
 */
#include "net/multipart.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>
#include <strings.h>

enum stage { PREAMBLE, BOUNDARY, HEAD, DATA, EPILOGUE };

struct multipart {
    enum stage stage;
    /* "\r\n--" and the boundary. */
    struct buffer delimiter;
    /* Its bytes that the last ones of the body have matched. */
    size_t matched;
    /* How many of them are no bytes of the data: the line's end that is
     * taken to stand before the body, and before a part's data. */
    size_t implied;
    /* BOUNDARY: what follows it so far. HEAD: the lines so far. */
    struct buffer line;
    unsigned parts;
    /* Once an error, always that. */
    int status;
    char *error;
    struct multipart_events events;
    void *user;
};

/* ---- headers ---- */

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static struct bytes skip(struct bytes text, size_t count)
{
    return bytes_make(text.data + count, text.size - count);
}

static struct bytes trim(struct bytes text)
{
    while (text.size && is_blank(text.data[0]))
        text = skip(text, 1);
    while (text.size && is_blank(text.data[text.size - 1]))
        text.size--;
    return text;
}

static bool equals(struct bytes text, const char *other)
{
    return text.size == strlen(other) &&
           !strncasecmp((const char *)text.data, other, text.size);
}

/* The text up to the first stop; *text becomes what follows it. */
static struct bytes cut(struct bytes *text, uint8_t stop)
{
    const uint8_t *end =
        text->size ? memchr(text->data, stop, text->size) : NULL;
    size_t size = end ? (size_t)(end - text->data) : text->size;
    struct bytes part = bytes_make(text->data, size);
    *text = skip(*text, end ? size + 1 : size);
    return part;
}

/* After the quote. A backslash stands before a quote or another backslash
 * alone: some clients send paths with backslashes as they are. */
static int take_quoted(struct bytes *rest, struct buffer *out)
{
    while (rest->size && rest->data[0] != '"') {
        if (rest->data[0] == '\\' && rest->size > 1 &&
            (rest->data[1] == '"' || rest->data[1] == '\\'))
            *rest = skip(*rest, 1);
        buffer_u8(out, rest->data[0]);
        *rest = skip(*rest, 1);
    }
    if (!rest->size)
        return err_set(ERR_INVALID, "a quote in a header does not end");
    *rest = skip(*rest, 1);
    return 0;
}

/* One parameter, to out; *rest becomes what follows its semicolon. */
static int take_parameter(struct bytes *rest, struct bytes *name,
                          struct buffer *out)
{
    size_t size = 0;
    while (size < rest->size && rest->data[size] != '=' &&
           rest->data[size] != ';')
        size++;
    *name = trim(bytes_make(rest->data, size));
    *rest = skip(*rest, size);
    if (rest->size && rest->data[0] == '=') {
        *rest = skip(*rest, 1);
        while (rest->size && is_blank(rest->data[0]))
            *rest = skip(*rest, 1);
        if (rest->size && rest->data[0] == '"') {
            *rest = skip(*rest, 1);
            int status = take_quoted(rest, out);
            if (status)
                return status;
            cut(rest, ';');
            return 0;
        }
    }
    buffer_bytes(out, trim(cut(rest, ';')));
    return 0;
}

int multipart_parameter(struct bytes value, const char *name,
                        struct buffer *out)
{
    struct bytes rest = value, found;
    struct buffer text = {0};
    int status = ERR_NOT_FOUND;
    cut(&rest, ';');
    while (rest.size) {
        buffer_clear(&text);
        int error = take_parameter(&rest, &found, &text);
        if (error) {
            status = error;
            break;
        }
        if (equals(found, name)) {
            buffer_bytes(out, buffer_view(&text));
            status = 0;
            break;
        }
    }
    buffer_free(&text);
    return status;
}

/* ---- events ---- */

/* The text is kept, because the same is answered later. */
static int fail(struct multipart *multipart, int status)
{
    CHECK(status < 0);
    multipart->status = status;
    multipart->error = mem_text(err_text());
    return status;
}

static int give_data(struct multipart *multipart, struct bytes data)
{
    if (multipart->stage != DATA || !data.size)
        return 0;
    return multipart->events.data(multipart->user, data);
}

/* What a client calls a field or a file goes into logs and on pages. */
static int check_text(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < ' ' || text.data[i] == 0x7f)
            return err_set(ERR_INVALID,
                           "a control character in the name of a part");
    if (!bytes_is_utf8(text))
        return err_set(ERR_INVALID, "the name of a part is not UTF-8");
    return 0;
}

/* What is read of a part's head. */
struct head {
    struct buffer name, filename, type;
    bool is_form_data, has_name, has_filename;
};

/* *has says whether the parameter exists. A missing one is no error. */
static int read_text(struct bytes value, const char *parameter,
                     struct buffer *out, bool *has)
{
    int status = multipart_parameter(value, parameter, out);
    *has = !status;
    if (status == ERR_NOT_FOUND)
        return 0;
    return status ? status : check_text(buffer_view(out));
}

static int read_line(struct bytes line, struct head *head)
{
    struct bytes value = line;
    struct bytes name = cut(&value, ':');
    struct bytes kind = value;
    value = trim(value);
    if (equals(name, "content-type") && !head->type.size) {
        int status = check_text(value);
        if (!status)
            buffer_bytes(&head->type, value);
        return status;
    }
    if (!equals(name, "content-disposition") || head->is_form_data)
        return 0;
    head->is_form_data = equals(trim(cut(&kind, ';')), "form-data");
    int status = read_text(value, "name", &head->name, &head->has_name);
    return status ? status
                  : read_text(value, "filename", &head->filename,
                              &head->has_filename);
}

/* A part without a name is of no form. Lines that are not known say nothing
 * here. */
static int begin_part(struct multipart *multipart)
{
    struct bytes lines = buffer_view(&multipart->line);
    struct head head = {0};
    int status = 0;
    while (!status && lines.size)
        status = read_line(bytes_trim_right(cut(&lines, '\n'), '\r'), &head);
    if (!status && (!head.is_form_data || !head.has_name))
        status = err_set(ERR_INVALID, "a part without a name");
    if (!status) {
        const struct multipart_part part = {
            .name = buffer_string(&head.name),
            .filename =
                head.has_filename ? buffer_string(&head.filename) : NULL,
            .type = buffer_string(&head.type)};
        status = multipart->events.part(multipart->user, &part);
    }
    buffer_free(&head.name);
    buffer_free(&head.filename);
    buffer_free(&head.type);
    return status;
}

/* ---- bytes ---- */

/* "\r\n" after a boundary begins a part; "--" says that it was the last. White
 * space may stand between (RFC 2046, 5.1.1). */
static int take_boundary(struct multipart *multipart, uint8_t byte)
{
    struct buffer *line = &multipart->line;
    if (is_blank(byte) && !line->size)
        return 0;
    buffer_u8(line, byte);
    if (line->size < 2)
        return 0;
    struct bytes text = buffer_view(line);
    if (bytes_equal(text, bytes_text("--"))) {
        multipart->stage = EPILOGUE;
    } else if (bytes_equal(text, bytes_text("\r\n"))) {
        if (++multipart->parts > MULTIPART_PARTS_MAX)
            return err_set(ERR_LIMIT, "more than %d parts",
                           MULTIPART_PARTS_MAX);
        multipart->stage = HEAD;
    } else {
        return err_set(ERR_INVALID, "no line's end after a boundary");
    }
    buffer_clear(line);
    return 0;
}

/* An empty line ends it: also one at its very beginning. */
static int take_head(struct multipart *multipart, uint8_t byte)
{
    struct buffer *line = &multipart->line;
    if (line->size == MULTIPART_HEAD_MAX_BYTES)
        return err_set(ERR_LIMIT, "the head of a part has more than %d bytes",
                       MULTIPART_HEAD_MAX_BYTES);
    buffer_u8(line, byte);
    bool is_over = (line->size == 2 && !memcmp(line->data, "\r\n", 2)) ||
                   (line->size >= 4 &&
                    !memcmp(line->data + line->size - 4, "\r\n\r\n", 4));
    if (!is_over)
        return 0;
    int status = begin_part(multipart);
    multipart->stage = DATA;
    buffer_clear(line);
    /* The line's end before the data may be the one before a boundary. */
    multipart->matched = multipart->implied = 2;
    return status;
}

/* The bytes that had matched were no boundary. */
static int unmatch(struct multipart *multipart)
{
    struct bytes bytes =
        skip(bytes_make(multipart->delimiter.data, multipart->matched),
             multipart->implied);
    multipart->matched = multipart->implied = 0;
    return give_data(multipart, bytes);
}

static int end_of_part(struct multipart *multipart)
{
    int status = multipart->stage == DATA
                     ? multipart->events.part_end(multipart->user)
                     : 0;
    multipart->stage = BOUNDARY;
    multipart->matched = multipart->implied = 0;
    buffer_clear(&multipart->line);
    return status;
}

/* PREAMBLE and DATA: look for the boundary. What can't be the beginning of one
 * goes on at once. */
static int take_data(struct multipart *multipart, struct bytes *piece)
{
    const struct buffer *delimiter = &multipart->delimiter;
    int status = 0;
    if (!multipart->matched) {
        const uint8_t *at = memchr(piece->data, '\r', piece->size);
        size_t size = at ? (size_t)(at - piece->data) : piece->size;
        status = give_data(multipart, bytes_make(piece->data, size));
        *piece = skip(*piece, size);
        if (at)
            multipart->matched = 1;
        if (at)
            *piece = skip(*piece, 1);
        return status;
    }
    if (piece->data[0] != delimiter->data[multipart->matched])
        return unmatch(multipart);
    multipart->matched++;
    *piece = skip(*piece, 1);
    return multipart->matched == delimiter->size ? end_of_part(multipart) : 0;
}

static int take(struct multipart *multipart, struct bytes *piece)
{
    uint8_t byte = piece->data[0];
    switch (multipart->stage) {
    case BOUNDARY:
        *piece = skip(*piece, 1);
        return take_boundary(multipart, byte);
    case HEAD:
        *piece = skip(*piece, 1);
        return take_head(multipart, byte);
    case PREAMBLE:
    case DATA:
        return take_data(multipart, piece);
    case EPILOGUE:
        piece->size = 0;
    }
    return 0;
}

int multipart_write(struct multipart *multipart, struct bytes piece)
{
    if (multipart->status)
        return err_set(multipart->status, "%s", multipart->error);
    while (piece.size) {
        int status = take(multipart, &piece);
        if (status)
            return fail(multipart, status);
    }
    return 0;
}

int multipart_end(const struct multipart *multipart)
{
    if (multipart->status)
        return err_set(multipart->status, "%s", multipart->error);
    if (multipart->stage != EPILOGUE)
        return err_set(ERR_INVALID, "the body ends before its last boundary");
    return 0;
}

/* ---- life ---- */

/* "\r" in it would break what the head of this file says. */
static int check_boundary(struct bytes boundary)
{
    if (!boundary.size || boundary.size > MULTIPART_BOUNDARY_MAX)
        return err_set(ERR_INVALID, "a boundary has 1 to %d characters",
                       MULTIPART_BOUNDARY_MAX);
    for (size_t i = 0; i < boundary.size; i++)
        if (boundary.data[i] < ' ' || boundary.data[i] > '~')
            return err_set(ERR_INVALID, "a boundary is of printable ASCII");
    return 0;
}

int multipart_new(const char *content_type,
                  const struct multipart_events *events, void *user,
                  struct multipart **out)
{
    struct bytes value = bytes_text(content_type), rest = value;
    struct buffer boundary = {0};
    CHECK(events->part && events->data && events->part_end);
    if (!equals(trim(cut(&rest, ';')), "multipart/form-data"))
        return err_set(ERR_INVALID, "the body is no multipart/form-data");
    int status = multipart_parameter(value, "boundary", &boundary);
    if (status == ERR_NOT_FOUND)
        status = err_set(ERR_INVALID, "multipart/form-data has no boundary");
    if (!status)
        status = check_boundary(buffer_view(&boundary));
    if (!status) {
        struct multipart *multipart = mem_zero(1, sizeof(*multipart));
        multipart->events = *events;
        multipart->user = user;
        buffer_text(&multipart->delimiter, "\r\n--");
        buffer_bytes(&multipart->delimiter, buffer_view(&boundary));
        multipart->matched = multipart->implied = 2;
        *out = multipart;
    }
    buffer_free(&boundary);
    return status;
}

void multipart_free(struct multipart *multipart)
{
    if (!multipart)
        return;
    buffer_free(&multipart->delimiter);
    buffer_free(&multipart->line);
    free(multipart->error);
    free(multipart);
}
