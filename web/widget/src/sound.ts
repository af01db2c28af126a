// A soft two-note chime, made and not fetched. A page nobody has touched yet may not sound, and then it stays quiet.

let context: AudioContext | undefined;

export function chime(): void {
  if (navigator.userActivation && !navigator.userActivation.hasBeenActive) return;
  try {
    context ??= new AudioContext();
    note(context, 740, 0);
    note(context, 988, 0.09);
  } catch {
    // No audio on this device.
  }
}

function note(audio: AudioContext, hertz: number, after: number): void {
  const at = audio.currentTime + after;
  const tone = new OscillatorNode(audio, { frequency: hertz });
  const volume = new GainNode(audio, { gain: 0 });
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.08, at + 0.01);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.35);
  tone.connect(volume).connect(audio.destination);
  tone.start(at);
  tone.stop(at + 0.4);
}
