/*
 * A block as a peer may send it: its links under each codec, and the UnixFS
 * message inside of dag-pb. The first byte chooses the codec.
 */
#include "base/check.h"
#include "base/error.h"
#include "storage/format/dag_pb.h"
#include "storage/format/unixfs.h"
#include "storage/keep/dag_walk.h"

static int count_link(void *user, const struct cid *link)
{
    CHECK(link->version <= 1);
    ++*(size_t *)user;
    return 0;
}

static void check_message(struct bytes message)
{
    struct unixfs_block_sizes sizes;
    struct unixfs_node node, again;
    struct buffer encoded = {0};
    uint64_t size;
    uint32_t count = 0;
    int status;

    if (unixfs_decode(message, &node))
        return;
    sizes = unixfs_block_sizes(&node);
    while (!(status = unixfs_next_block_size(&sizes, &size)))
        count++;
    CHECK(status == ERR_NOT_FOUND);
    CHECK(count == node.block_size_count);
    unixfs_encode(&node, NULL, 0, &encoded);
    CHECK(!unixfs_decode(buffer_view(&encoded), &again));
    CHECK(again.type == node.type && again.file_size == node.file_size);
    CHECK(bytes_equal(again.data, node.data));
    CHECK(again.attributes.mtime_seconds == node.attributes.mtime_seconds ||
          !node.attributes.has_mtime);
    buffer_free(&encoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint64_t codecs[] = {CID_DAG_PB, CID_DAG_CBOR, CID_DAG_JSON};
    struct cid cid = {.version = 1};
    struct dag_pb node;
    struct bytes block;
    size_t links = 0;

    if (!size)
        return 0;
    cid.codec = codecs[data[0] % 3];
    block = bytes_make(data + 1, size - 1);
    dag_links(&cid, block, count_link, &links);
    if (cid.codec == CID_DAG_PB && !dag_pb_decode(block, &node)) {
        CHECK(links == node.link_count);
        check_message(node.data);
    }
    check_message(block);
    return 0;
}
