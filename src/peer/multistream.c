/*
 * One loop over whole messages; what a message means depends on what came
 * before it: first the other end's header, then, at the dialler, answers, and,
 * at the listener, proposals.
 */
#include "peer/multistream.h"

#include "base/check.h"
#include "base/error.h"

static const char header[] = "/multistream/1.0.0";
static const char refusal[] = "na";

static void write_message(const char *text, struct buffer *out)
{
    size_t size = strlen(text) + 1;
    CHECK(size <= MULTISTREAM_MESSAGE_MAX);
    buffer_varint(out, size);
    buffer_text(out, text);
    buffer_u8(out, '\n');
}

void multistream_begin(struct multistream *multistream, bool is_dialler,
                       const char *const *protocols, size_t count,
                       struct buffer *out)
{
    CHECK(protocols && count);
    *multistream = (struct multistream){
        .is_dialler = is_dialler,
        .protocols = protocols,
        .count = count,
    };
    write_message(header, out);
    if (is_dialler)
        write_message(protocols[0], out);
}

/* The next message without its newline. *is_whole: it is all here. A length of
 * more than two bytes is too much already. */
static int next_message(struct reader *reader, bool *is_whole,
                        struct bytes *text)
{
    struct reader ahead = *reader;
    uint64_t size;
    *is_whole = false;
    if (!ahead.left.size || (ahead.left.size < 2 && ahead.left.data[0] & 0x80))
        return 0;
    if (reader_varint(&ahead, &size) || !size || size > MULTISTREAM_MESSAGE_MAX)
        return err_set(ERR_INVALID, "the other end does not speak "
                                    "multistream-select");
    if (size > ahead.left.size)
        return 0;
    int status = reader_take(&ahead, size, text);
    if (status)
        return status;
    if (text->data[--text->size] != '\n')
        return err_set(ERR_INVALID, "a message of multistream-select does not "
                                    "end in a newline");
    *is_whole = true;
    *reader = ahead;
    return 0;
}

static bool is_text(struct bytes message, const char *text)
{
    return bytes_equal(message, bytes_text(text));
}

static int take_answer(struct multistream *multistream, struct bytes message,
                       struct buffer *out)
{
    const char *proposed = multistream->protocols[multistream->choice];
    if (is_text(message, proposed)) {
        multistream->is_done = true;
        return 0;
    }
    if (!is_text(message, refusal))
        return err_set(ERR_INVALID,
                       "the other end has not answered the "
                       "proposal \"%s\"",
                       proposed);
    if (++multistream->choice == multistream->count)
        return err_set(ERR_UNSUPPORTED, "the other end does not speak \"%s\"",
                       proposed);
    write_message(multistream->protocols[multistream->choice], out);
    return 0;
}

static int take_proposal(struct multistream *multistream, struct bytes message,
                         struct buffer *out)
{
    for (size_t i = 0; i < multistream->count; i++) {
        if (!is_text(message, multistream->protocols[i]))
            continue;
        write_message(multistream->protocols[i], out);
        multistream->choice = i;
        multistream->is_done = true;
        return 0;
    }
    if (++multistream->refused == MULTISTREAM_PROPOSALS_MAX)
        return err_set(ERR_UNSUPPORTED, "the other end proposes nothing that "
                                        "is spoken here");
    write_message(refusal, out);
    return 0;
}

static int take_message(struct multistream *multistream, struct bytes message,
                        struct buffer *out)
{
    if (multistream->has_header)
        return multistream->is_dialler
                   ? take_answer(multistream, message, out)
                   : take_proposal(multistream, message, out);
    if (!is_text(message, header))
        return err_set(ERR_INVALID, "the other end does not speak %s", header);
    multistream->has_header = true;
    return 0;
}

int multistream_take(struct multistream *multistream, struct bytes in,
                     size_t *used, struct buffer *out)
{
    struct reader reader = reader_make(in);
    int status = 0;
    CHECK(!multistream->is_done);
    while (!status && !multistream->is_done) {
        struct bytes message;
        bool is_whole;
        status = next_message(&reader, &is_whole, &message);
        if (status || !is_whole)
            break;
        status = take_message(multistream, message, out);
    }
    *used = in.size - reader.left.size;
    return status;
}
