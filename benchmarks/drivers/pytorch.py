"""PyTorch: torch.nn.LSTM and torch.nn.GRU. Speaks the protocol of protocol.ts, and reads and writes safetensors itself."""
import json
import struct
import sys
import time

try:
    import numpy
    import torch
except ImportError as error:
    print(json.dumps({'missing': f'{sys.executable} has no PyTorch ({error}); '
                      'name a python that has it in GATEWISE_BENCH_PYTHON'}), flush=True)
    sys.exit()


def load(path):
    with open(path, 'rb') as file:
        size, = struct.unpack('<Q', file.read(8))
        header = json.loads(file.read(size))
        data = file.read()
    header.pop('__metadata__', None)
    return {
        name: torch.from_numpy(numpy.frombuffer(data[slice(*entry['data_offsets'])], '<f4').reshape(entry['shape']).copy())
        for name, entry in header.items()
    }


def save(path, tensors):
    header, blocks, at = {}, [], 0
    for name, tensor in tensors.items():
        block = tensor.detach().contiguous().numpy().astype('<f4').tobytes()
        header[name] = {'dtype': 'F32', 'shape': list(tensor.shape), 'data_offsets': [at, at + len(block)]}
        blocks.append(block)
        at += len(block)
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text + b''.join(blocks))


class Row:
    def __init__(self, subject, tensors, mode, threads):
        torch.set_num_threads(threads)
        self.mode, self.x, self.grad = mode, tensors['input'].clone(), tensors['grad_output']
        self.layer = getattr(torch.nn, subject['cell'])(
            subject['I'], subject['H'], subject['layers'], bidirectional=subject['bidirectional'])
        self.layer.load_state_dict({name: tensors[name] for name in self.layer.state_dict()})
        self.lengths = subject.get('lengths')
        if mode == 'train':
            self.x.requires_grad_()
        else:
            self.layer.eval()
        self.state = None

    def forward(self):
        if self.lengths is None:
            return self.layer(self.x)
        packed = torch.nn.utils.rnn.pack_padded_sequence(self.x, self.lengths, enforce_sorted=False)
        output, state = self.layer(packed)
        return torch.nn.utils.rnn.pad_packed_sequence(output, total_length=self.x.shape[0])[0], state

    def call(self):
        if self.mode == 'train':
            self.forward()[0].backward(self.grad)
        elif self.mode == 'infer':
            with torch.inference_mode():
                self.forward()
        else:
            with torch.inference_mode():
                self.state = self.layer(self.x, self.state)[1]

    def results(self):
        if self.mode != 'train':
            with torch.inference_mode():
                output, state = self.forward()
        else:
            self.layer.zero_grad()
            self.x.grad = None
            output, state = self.forward()
            output.backward(self.grad)
        found = {'output': output}
        if self.mode != 'stream':
            found.update(zip(('hn', 'cn'), state if isinstance(state, tuple) else (state,)))
        if self.mode == 'train':
            found.update({f'grad.{name}': value.grad for name, value in self.layer.named_parameters()})
            found['grad.input'] = self.x.grad
        return found


class Driver:
    def open(self, request):
        self.row = None
        self.subject, self.tensors = request['subject'], load(request['file'])
        return {'done': True}

    def make_row(self, request):
        self.row = Row(self.subject, self.tensors, request['mode'], request['threads'])
        return {'same': True}

    def results(self, request):
        save(request['file'], self.row.results())
        return {'done': True}

    def round(self, request):
        begin = time.perf_counter()
        for _ in range(request['calls']):
            self.row.call()
        return {'seconds': (time.perf_counter() - begin) / request['calls']}


driver = Driver()
answers = {'open': driver.open, 'row': driver.make_row, 'results': driver.results, 'round': driver.round}
print(json.dumps({'version': torch.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = answers[request['ask']](request)
    except Exception as error:
        answer = {'failed': f'{type(error).__name__}: {error}'}
    print(json.dumps(answer), flush=True)
