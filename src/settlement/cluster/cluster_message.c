#include "settlement/cluster/cluster_message.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/format/transaction.h"

static int read_hash(struct reader *reader, struct hash *out)
{
    return reader_copy(reader, out->bytes, sizeof(out->bytes));
}

static int whole(const struct reader *reader, int status, const char *what)
{
    if (!status)
        status = reader_end(reader);
    return status ? err_add(status, "%s", what) : 0;
}

/* ---- status ---- */

enum status_flags { HAS_FORGOTTEN = 1, IS_BELOW_RECORD = 2 };

void cluster_status_encode(const struct cluster_status *status,
                           struct buffer *out)
{
    const struct consensus_status *machine = &status->consensus;

    buffer_u64le(out, status->consensus.root_slot);
    buffer_append(out, status->consensus.root.bytes, sizeof(struct hash));
    buffer_u64le(out, status->consensus.window);
    buffer_u64le(out, status->consensus.certified);
    buffer_u8(out, (uint8_t)((machine->has_forgotten ? HAS_FORGOTTEN : 0) |
                             (machine->is_below_record ? IS_BELOW_RECORD : 0)));
    buffer_u64le(out, status->unix_ms);
}

int cluster_status_decode(struct bytes body, struct cluster_status *out)
{
    struct reader reader = reader_make(body);
    uint8_t flags = 0;
    *out = (struct cluster_status){0};
    int status = reader_u64le(&reader, &out->consensus.root_slot);

    if (!status)
        status = read_hash(&reader, &out->consensus.root);
    if (!status)
        status = reader_u64le(&reader, &out->consensus.window);
    if (!status)
        status = reader_u64le(&reader, &out->consensus.certified);
    if (!status)
        status = reader_u8(&reader, &flags);
    if (!status)
        status = reader_u64le(&reader, &out->unix_ms);
    out->consensus.has_forgotten = flags & HAS_FORGOTTEN;
    out->consensus.is_below_record = flags & IS_BELOW_RECORD;
    return whole(&reader, status, "status");
}

/* ---- votes ---- */

int cluster_votes_decode(struct bytes body, struct cluster_votes *out)
{
    struct reader reader = reader_make(body);
    int status = 0;

    out->count = 0;
    while (!status && reader.left.size) {
        if (out->count == CLUSTER_VOTES_MAX)
            return err_set(ERR_LIMIT, "votes: there are more than %d",
                           CLUSTER_VOTES_MAX);
        status = vote_decode(&reader, &out->votes[out->count++]);
    }
    return status ? err_add(status, "votes") : 0;
}

/* ---- questions ---- */

void cluster_question_encode(const struct cluster_question *question,
                             struct buffer *out)
{
    buffer_u32le(out, question->number);
    buffer_u8(out, (uint8_t)question->kind);
    switch (question->kind) {
    case CLUSTER_EVIDENCE:
        buffer_u64le(out, question->consensus.at);
        break;
    case CLUSTER_CERTIFICATE:
        buffer_u8(out, question->consensus.kind == CONSENSUS_CERTIFIED ? 1 : 2);
        buffer_u64le(out, question->consensus.at);
        break;
    case CLUSTER_CHUNKS:
        buffer_append(out, question->hash.bytes, sizeof(question->hash));
        buffer_u16le(out, question->first);
        buffer_u8(out, question->count);
        break;
    case CLUSTER_HEADERS:
        buffer_append(out, question->hash.bytes, sizeof(question->hash));
        buffer_u8(out, question->count);
        break;
    }
}

static int read_count(struct reader *reader, uint8_t max, uint8_t *out)
{
    int status = reader_u8(reader, out);

    if (!status && (!*out || *out > max))
        status = err_set(ERR_LIMIT, "%u things are asked for, of 1 to %u", *out,
                         max);
    return status;
}

static int read_certificate_question(struct reader *reader,
                                     struct consensus_question *out)
{
    uint8_t what;
    int status = reader_u8(reader, &what);

    if (!status && what != 1 && what != 2)
        status =
            err_set(ERR_INVALID, "there is no certificate of kind %u", what);
    if (!status) {
        out->kind = what == 1 ? CONSENSUS_CERTIFIED : CONSENSUS_COVERED;
        status = reader_u64le(reader, &out->at);
    }
    return status;
}

static int read_question(struct reader *reader, uint8_t kind,
                         struct cluster_question *out)
{
    int status;

    switch (kind) {
    case CLUSTER_EVIDENCE:
        out->consensus.kind = CONSENSUS_EVIDENCE;
        return reader_u64le(reader, &out->consensus.at);
    case CLUSTER_CERTIFICATE:
        return read_certificate_question(reader, &out->consensus);
    case CLUSTER_HEADERS:
        status = read_hash(reader, &out->hash);
        return status ? status
                      : read_count(reader, CLUSTER_HEADERS_MAX, &out->count);
    case CLUSTER_CHUNKS:
        status = read_hash(reader, &out->hash);
        if (!status)
            status = reader_u16le(reader, &out->first);
        return status ? status
                      : read_count(reader, CLUSTER_CHUNKS_MAX, &out->count);
    default:
        return err_set(ERR_INVALID, "there is none of kind %u", kind);
    }
}

int cluster_question_decode(struct bytes body, struct cluster_question *out)
{
    struct reader reader = reader_make(body);
    uint8_t kind = 0;
    *out = (struct cluster_question){0};
    int status = reader_u32le(&reader, &out->number);

    if (!status)
        status = reader_u8(&reader, &kind);
    if (!status) {
        out->kind = (enum cluster_question_kind)kind;
        status = read_question(&reader, kind, out);
    }
    return whole(&reader, status, "question");
}

/* ---- answers ---- */

void cluster_answer_begin(uint32_t number, enum cluster_answer_status status,
                          struct buffer *out)
{
    buffer_u32le(out, number);
    buffer_u8(out, (uint8_t)status);
}

void cluster_answer_add(struct bytes thing, struct buffer *out)
{
    CHECK(thing.size <= UINT32_MAX);
    buffer_u32le(out, (uint32_t)thing.size);
    buffer_bytes(out, thing);
}

static int read_thing(struct reader *reader, struct cluster_answer *out)
{
    uint32_t size;
    int status = reader_u32le(reader, &size);

    if (!status && out->count == CLUSTER_ANSWER_MAX)
        return err_set(ERR_LIMIT, "there are more than %d things",
                       CLUSTER_ANSWER_MAX);
    if (!status)
        status = reader_take(reader, size, &out->things[out->count]);
    if (!status)
        out->count++;
    return status;
}

int cluster_answer_decode(struct bytes body, struct cluster_answer *out)
{
    struct reader reader = reader_make(body);
    uint8_t what = 0;
    int status = reader_u32le(&reader, &out->number);

    out->count = 0;
    if (!status)
        status = reader_u8(&reader, &what);
    if (!status && what > CLUSTER_TOO_MUCH)
        status = err_set(ERR_INVALID, "there is no status %u", what);
    out->status = (enum cluster_answer_status)what;
    while (!status && reader.left.size)
        status = read_thing(&reader, out);
    return status ? err_add(status, "answer") : 0;
}

/* ---- chunks ---- */

void cluster_chunk_encode(const struct hash *path, size_t path_count,
                          struct bytes chunk, struct buffer *out)
{
    CHECK(path_count <= UINT8_MAX);
    buffer_u8(out, (uint8_t)path_count);
    for (size_t i = 0; i < path_count; i++)
        buffer_append(out, path[i].bytes, sizeof(path[i]));
    buffer_bytes(out, chunk);
}

int cluster_chunk_decode(struct bytes thing, struct hash *path, size_t path_max,
                         size_t *path_count, struct bytes *chunk)
{
    struct reader reader = reader_make(thing);
    uint8_t count;
    int status = reader_u8(&reader, &count);

    *path_count = 0;
    if (!status && count > path_max)
        status = err_set(ERR_LIMIT, "its path has %u hashes of at most %zu",
                         count, path_max);
    for (size_t i = 0; !status && i < count; i++)
        status = read_hash(&reader, &path[i]);
    if (status)
        return err_add(status, "chunk");
    *path_count = count;
    *chunk = reader.left;
    return 0;
}

/* ---- transactions ---- */

void cluster_transaction_add(struct bytes wire, struct buffer *out)
{
    CHECK(wire.size && wire.size <= TRANSACTION_SIZE_MAX);
    buffer_u16le(out, (uint16_t)wire.size);
    buffer_bytes(out, wire);
}

static int read_wire(struct reader *reader, struct bytes *out)
{
    uint16_t size;
    int status = reader_u16le(reader, &size);

    if (!status && (!size || size > TRANSACTION_SIZE_MAX))
        status = err_set(ERR_LIMIT, "one has %u bytes, of 1 to %d", size,
                         TRANSACTION_SIZE_MAX);
    if (!status)
        status = reader_take(reader, size, out);
    return status;
}

int cluster_transactions_decode(struct bytes body,
                                struct cluster_transactions *out)
{
    struct reader reader = reader_make(body);
    int status = 0;

    out->count = 0;
    while (!status && reader.left.size) {
        if (out->count == CLUSTER_TRANSACTIONS_MAX)
            return err_set(ERR_LIMIT, "transactions: there are more than %d",
                           CLUSTER_TRANSACTIONS_MAX);
        status = read_wire(&reader, &out->wires[out->count++]);
    }
    return status ? err_add(status, "transactions") : 0;
}

/* ---- blocks ---- */

size_t cluster_piece_encode(const struct hash *hash, struct bytes block,
                            size_t place, struct buffer *out)
{
    CHECK(place < block.size && block.size <= UINT32_MAX);
    size_t size = block.size - place;

    if (size > CLUSTER_PIECE_MAX)
        size = CLUSTER_PIECE_MAX;
    buffer_append(out, hash->bytes, sizeof(hash->bytes));
    buffer_u32le(out, (uint32_t)place);
    buffer_u32le(out, (uint32_t)block.size);
    buffer_append(out, block.data + place, size);
    return place + size;
}

int cluster_piece_decode(struct bytes body, struct cluster_piece *out)
{
    struct reader reader = reader_make(body);
    int status = read_hash(&reader, &out->hash);

    if (!status)
        status = reader_u32le(&reader, &out->place);
    if (!status)
        status = reader_u32le(&reader, &out->total);
    if (status)
        return err_add(status, "block");
    out->bytes = reader.left;
    if (!out->bytes.size || out->place > out->total ||
        out->bytes.size > out->total - out->place)
        return err_set(ERR_INVALID,
                       "block: %zu bytes at %u are no piece of one of %u bytes",
                       out->bytes.size, out->place, out->total);
    return 0;
}
