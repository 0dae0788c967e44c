// A Kafka client and a registry client that share no code with ours. One verb per run; writes one JSON object to stdout, everything else to stderr.
//   node client.mjs VERB '{"bootstrap": ..., "registry": ..., "topic": ..., ...}'
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { Kafka, logLevel } from 'kafkajs';

const [verb, json] = process.argv.slice(2);
const options = JSON.parse(json);
const kafka = new Kafka({ clientId: 'external', brokers: [options.bootstrap], logLevel: logLevel.ERROR, logCreator: () => ({ log }) => console.error(log.message, log.error ?? '') });
const registry = options.registry ? new SchemaRegistry({ host: options.registry }) : null;

/** Octets as hexadecimal text, whole numbers as they are: what the .NET side compares with. */
const plain = (value) => {
  if (Buffer.isBuffer(value)) return value.toString('hex');
  if (Array.isArray(value)) return value.map(plain);
  if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  return value;
};

/** Hexadecimal text back to octets, in the fields named. */
const octets = (event, fields) => ({ ...event, ...Object.fromEntries(fields.map((field) => [field, Buffer.from(event[field], 'hex')])) });

/** Consumes in a group until `enough(messages)`; leaves the group cleanly, with everything consumed committed. */
const consume = async (groupId, enough) => {
  const consumer = kafka.consumer({ groupId, readUncommitted: false, maxWaitTimeInMs: 100 });
  const messages = [];
  await consumer.connect();
  await consumer.subscribe({ topics: [options.topic], fromBeginning: true });
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    consumer.run({
      eachMessage: async ({ partition, message }) => {
        messages.push({ partition, offset: message.offset, key: message.key, value: message.value });
        if (enough(messages)) resolve();
      },
    }).catch(reject);
  });
  await consumer.disconnect();
  return messages;
};

const verbs = {
  /** Registers the schema and writes `events` with it. */
  async produce() {
    const { id } = await registry.register({ type: SchemaType.AVRO, schema: options.schema }, { subject: options.subject, compatibility: options.compatibility });
    const producer = kafka.producer({ idempotent: true });
    await producer.connect();
    const messages = await Promise.all(options.events.map(async (event) => ({
      key: Buffer.from(event.key, 'hex'),
      value: await registry.encode(id, octets(event.value, options.octets)),
    })));
    await producer.send({ topic: options.topic, acks: -1, messages });
    await producer.disconnect();
    return { id };
  },

  /** Reads `count` events from the beginning and decodes them with the schema that the registry gives for their id. */
  async consume() {
    const messages = await consume(options.group, (all) => all.length === options.count);
    return { events: await Promise.all(messages.map(async ({ key, value }) => ({ key: key.toString('hex'), value: plain(await registry.decode(value)) }))) };
  },

  /** Two members share the partitions of one group and read everything; a third continues where they committed and finds only what is new. */
  async group() {
    const total = options.count;
    const seen = [];
    const members = [kafka.consumer({ groupId: options.group, maxWaitTimeInMs: 100 }), kafka.consumer({ groupId: options.group, maxWaitTimeInMs: 100 })];
    const assignments = new Map();
    let produced = false;
    await new Promise((resolve, reject) => {
      const start = async () => {
        const producer = kafka.producer();
        await producer.connect();
        const messages = Array.from({ length: total }, (_, i) => ({ partition: i % options.partitions, value: `${i}` }));
        await producer.send({ topic: options.topic, messages });
        await producer.disconnect();
      };
      members.forEach(async (member, index) => {
        member.on(member.events.CRASH, ({ payload }) => reject(payload.error));
        member.on(member.events.GROUP_JOIN, ({ payload }) => {
          assignments.set(index, (payload.memberAssignment[options.topic] ?? []).length);
          const shares = [...assignments.values()];
          // Only when both have a share: before that, one member would read it all.
          if (!produced && shares.length === 2 && shares.every((share) => share > 0) && shares[0] + shares[1] === options.partitions) {
            produced = true;
            start().catch(reject);
          }
        });
        await member.connect();
        await member.subscribe({ topics: [options.topic], fromBeginning: true });
        await member.run({ eachMessage: async ({ message }) => { seen.push({ member: index, value: message.value.toString() }); if (seen.length === total) resolve(); } });
      });
    });
    await Promise.all(members.map((member) => member.disconnect()));

    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic: options.topic, messages: [{ partition: 0, value: 'new' }] });
    await producer.disconnect();
    const later = await consume(options.group, (all) => all.length === 1);
    return {
      shares: [...assignments.values()],
      distinct: new Set(seen.map(({ value }) => value)).size,
      total: seen.length,
      byMember: [0, 1].map((index) => seen.filter(({ member }) => member === index).length),
      later: later.map(({ value }) => value.toString()),
    };
  },

  /** One transaction committed, one aborted, one that carries a group's offsets; then what a read_committed reader and the group see. */
  async transactions() {
    const producer = kafka.producer({ transactionalId: options.transactionalId, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const run = async (prefix, finish) => {
      const transaction = await producer.transaction();
      await transaction.send({ topic: options.topic, messages: Array.from({ length: options.count }, (_, i) => ({ value: `${prefix}${i}` })) });
      await finish(transaction);
    };
    await run('aborted', (transaction) => transaction.abort());
    await run('committed', (transaction) => transaction.commit());
    const offsets = (offset) => ({ consumerGroupId: options.group, topics: [{ topic: options.topic, partitions: [{ partition: 0, offset }] }] });
    await run('late', async (transaction) => { await transaction.sendOffsets(offsets('7')); await transaction.abort(); });
    await run('final', async (transaction) => { await transaction.sendOffsets(offsets('3')); await transaction.commit(); });
    await producer.disconnect();

    const messages = await consume(`${options.group}-reader`, (all) => all.length === 2 * options.count);
    const admin = kafka.admin();
    await admin.connect();
    const [committed] = await admin.fetchOffsets({ groupId: options.group, topics: [options.topic] });
    await admin.disconnect();
    return { values: messages.map(({ value }) => value.toString()), groupOffset: committed.partitions[0].offset };
  },
};

try {
  console.log(JSON.stringify(await verbs[verb]()));
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
