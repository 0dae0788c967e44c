/*
 * Plain librdkafka, exactly once: each lane is a thread with a consumer, a transactional producer and its own partitions. Records go through as they are.
 * Declares what it uses of rdkafka.h, so that only the library is needed, not its header.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

typedef struct rd_kafka_s rd_kafka_t;
typedef struct rd_kafka_conf_s rd_kafka_conf_t;
typedef struct rd_kafka_topic_s rd_kafka_topic_t;
typedef struct rd_kafka_queue_s rd_kafka_queue_t;
typedef struct rd_kafka_error_s rd_kafka_error_t;
typedef struct rd_kafka_consumer_group_metadata_s rd_kafka_consumer_group_metadata_t;
typedef struct {
    int err;
    rd_kafka_topic_t *rkt;
    int32_t partition;
    void *payload;
    size_t len;
    void *key;
    size_t key_len;
    int64_t offset;
    void *_private;
} rd_kafka_message_t;
typedef struct {
    char *topic;
    int32_t partition;
    int64_t offset;
    void *metadata;
    size_t metadata_size;
    void *opaque;
    int err;
    void *_private;
} rd_kafka_topic_partition_t;
typedef struct {
    int cnt;
    int size;
    rd_kafka_topic_partition_t *elems;
} rd_kafka_topic_partition_list_t;

enum { PRODUCER = 0, CONSUMER = 1, COPY = 2, OFFSET_BEGINNING = -2, CALL_TIMEOUT = 30000 };

rd_kafka_conf_t *rd_kafka_conf_new(void);
int rd_kafka_conf_set(rd_kafka_conf_t *, const char *name, const char *value, char *error, size_t error_size);
rd_kafka_t *rd_kafka_new(int type, rd_kafka_conf_t *, char *error, size_t error_size);
int rd_kafka_poll_set_consumer(rd_kafka_t *);
rd_kafka_topic_partition_list_t *rd_kafka_topic_partition_list_new(int size);
rd_kafka_topic_partition_t *rd_kafka_topic_partition_list_add(rd_kafka_topic_partition_list_t *, const char *topic, int32_t partition);
int rd_kafka_assign(rd_kafka_t *, const rd_kafka_topic_partition_list_t *);
rd_kafka_queue_t *rd_kafka_queue_get_consumer(rd_kafka_t *);
ssize_t rd_kafka_consume_batch_queue(rd_kafka_queue_t *, int timeout_ms, rd_kafka_message_t **, size_t size);
void rd_kafka_message_destroy(rd_kafka_message_t *);
rd_kafka_topic_t *rd_kafka_topic_new(rd_kafka_t *, const char *topic, void *conf);
int rd_kafka_produce(rd_kafka_topic_t *, int32_t partition, int flags, void *payload, size_t len, const void *key, size_t key_len, void *opaque);
int rd_kafka_poll(rd_kafka_t *, int timeout_ms);
rd_kafka_consumer_group_metadata_t *rd_kafka_consumer_group_metadata(rd_kafka_t *);
rd_kafka_error_t *rd_kafka_init_transactions(rd_kafka_t *, int timeout_ms);
rd_kafka_error_t *rd_kafka_begin_transaction(rd_kafka_t *);
rd_kafka_error_t *rd_kafka_send_offsets_to_transaction(
    rd_kafka_t *, const rd_kafka_topic_partition_list_t *, const rd_kafka_consumer_group_metadata_t *, int timeout_ms);
rd_kafka_error_t *rd_kafka_commit_transaction(rd_kafka_t *, int timeout_ms);
const char *rd_kafka_error_string(const rd_kafka_error_t *);

static const char *brokers, *input, *output;
static int partitions, lanes, per_transaction;
static long long expected;
static atomic_llong taken;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long long committed, first_count;
static double first_time, last_time;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(2);
}

static void check(const char *call, rd_kafka_error_t *error) {
    if (error)
        fail(call, rd_kafka_error_string(error));
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char error[256];
    if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != 0)
        fail(name, error);
}

static rd_kafka_t *client(int type, const char *id) {
    char error[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", brokers);
    if (type == PRODUCER) {
        set(conf, "transactional.id", id);
        set(conf, "linger.ms", "5");
        set(conf, "compression.type", "lz4");
    } else {
        set(conf, "group.id", output);
        set(conf, "enable.auto.commit", "false");
        set(conf, "enable.auto.offset.store", "false");
        set(conf, "isolation.level", "read_committed");
        set(conf, "check.crcs", "true");
        set(conf, "queued.min.messages", "100000");
        set(conf, "queued.max.messages.kbytes", "65536");
        set(conf, "fetch.wait.max.ms", "100");
        set(conf, "fetch.queue.backoff.ms", "20");
    }
    rd_kafka_t *made = rd_kafka_new(type, conf, error, sizeof error);
    if (!made)
        fail("rd_kafka_new", error);
    return made;
}

static void count(long long records) {
    pthread_mutex_lock(&lock);
    committed += records;
    last_time = now();
    if (first_count == 0) {
        first_count = committed;
        first_time = last_time;
    }
    pthread_mutex_unlock(&lock);
}

/* Takes records until the transaction is full or all lanes together have taken everything; remembers where to go on. */
static int fill(rd_kafka_queue_t *queue, rd_kafka_topic_t *topic, rd_kafka_t *producer, rd_kafka_topic_partition_list_t *next) {
    static const int chunk = 1000;
    rd_kafka_message_t *messages[1000];
    int count = 0;
    while (count < per_transaction && atomic_load(&taken) < expected) {
        int room = per_transaction - count < chunk ? per_transaction - count : chunk;
        ssize_t got = rd_kafka_consume_batch_queue(queue, 5, messages, (size_t)room);
        for (ssize_t i = 0; i < got; i++) {
            rd_kafka_message_t *message = messages[i];
            if (message->err != 0)
                fail("consume", (const char *)message->payload);
            while (rd_kafka_produce(topic, message->partition, COPY, message->payload, message->len, message->key, message->key_len, NULL) != 0)
                rd_kafka_poll(producer, 1);
            for (int p = 0; p < next->cnt; p++)
                if (next->elems[p].partition == message->partition)
                    next->elems[p].offset = message->offset + 1;
            rd_kafka_message_destroy(message);
        }
        if (got > 0) {
            count += (int)got;
            atomic_fetch_add(&taken, got);
        }
        rd_kafka_poll(producer, 0);
    }
    return count;
}

static void *run(void *number) {
    int lane = (int)(intptr_t)number;
    char id[256];
    snprintf(id, sizeof id, "%s-%d", output, lane);
    rd_kafka_t *consumer = client(CONSUMER, id), *producer = client(PRODUCER, id);
    rd_kafka_poll_set_consumer(consumer);
    check("init", rd_kafka_init_transactions(producer, CALL_TIMEOUT));
    rd_kafka_topic_partition_list_t *next = rd_kafka_topic_partition_list_new(partitions);
    for (int p = lane; p < partitions; p += lanes)
        rd_kafka_topic_partition_list_add(next, input, p)->offset = OFFSET_BEGINNING;
    rd_kafka_assign(consumer, next);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(producer, output, NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(consumer);
    rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata(consumer);
    while (atomic_load(&taken) < expected) {
        check("begin", rd_kafka_begin_transaction(producer));
        int records = fill(queue, topic, producer, next);
        if (records > 0)
            check("offsets", rd_kafka_send_offsets_to_transaction(producer, next, group, CALL_TIMEOUT));
        check("commit", rd_kafka_commit_transaction(producer, CALL_TIMEOUT));
        if (records > 0)
            count(records);
    }
    return NULL;
}

int main(int argc, char **argv) {
    if (argc != 8)
        fail("usage", "brokers input output partitions lanes records-per-transaction records");
    brokers = argv[1];
    input = argv[2];
    output = argv[3];
    partitions = atoi(argv[4]);
    lanes = atoi(argv[5]);
    per_transaction = atoi(argv[6]);
    expected = atoll(argv[7]);
    pthread_t *threads = calloc((size_t)lanes, sizeof *threads);
    for (int lane = 0; lane < lanes; lane++)
        pthread_create(&threads[lane], NULL, run, (void *)(intptr_t)lane);
    for (int lane = 0; lane < lanes; lane++)
        pthread_join(threads[lane], NULL);
    if (committed != expected)
        fail("records", "not all were committed");
    printf("%.1f\n", (double)(committed - first_count) / (last_time - first_time));
    return 0;
}
