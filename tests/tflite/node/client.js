// TensorFlow Lite from Node: node client.js MODELS [--coral]
//
// MODELS is the directory that models.py filled. --coral also runs fc through coral-tflite-delegate, which opens
// libedgetpu.so.1 by that name: LD_LIBRARY_PATH has to lead to one.
//
// The packages are found through NODE_PATH, as this file does not lie beside them.
'use strict';

const fs = require('fs');
const path = require('path');
const tf = require('@tensorflow/tfjs-core');
require('@tensorflow/tfjs-backend-cpu');
const {loadTFLiteModel} = require('tfjs-tflite-node');
const {CoralDelegate} = require('coral-tflite-delegate');

async function run(title, model, shape, values) {
  const said = infos => infos.map(info => `${info.name} ${info.dtype} [${info.shape}]`).join(', ');
  console.log(`${title}: ${said(model.inputs)} -> ${said(model.outputs)}`);
  for (const scale of [1, -1]) {
    const y = model.predict(tf.tensor(values.map(value => value * scale), shape));
    console.log(`  [${y.shape}] ${Array.from(y.dataSync()).join(' ')}`);
  }
}

async function main() {
  const [directory, coral] = process.argv.slice(2);
  const file = name => path.join(directory, name);
  const x = [1, 2, 3, 4];
  const image = Array.from({length: 64}, (_, i) => ((i * 5) % 13) / 8);

  await run('fc', await loadTFLiteModel(file('fc.tflite'), {numThreads: 2}), [1, 4], x);
  await run('conv', await loadTFLiteModel(file('conv.tflite')), [1, 8, 8, 1], image);
  const bytes = fs.readFileSync(file('fc.tflite'));
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  await run('fc from memory', await loadTFLiteModel(buffer), [1, 4], x);
  await loadTFLiteModel(file('notflat.tflite'))
      .then(() => console.log('notflat was loaded'), error => console.log(`notflat: ${error.message}`));
  if (coral === '--coral') {
    const delegates = [new CoralDelegate({device: 'usb:0'})];
    await run('fc on Coral', await loadTFLiteModel(file('fc.tflite'), {delegates}), [1, 4], x);
  }
}

main().catch(error => {
  console.error(error.message);
  process.exit(1);
});
